import t from 'tap';
import { ConfigError } from '../../gateway/contract/variables.ts';
import { describeVariables, readConfig } from '../../hooks/config.ts';

const image = { FETCHFY_GATEWAY_IMAGE: 'ghcr.io/fetchfy/fetchfy:0.1.0' };

t.test('with the image alone the rest has defaults', async (t) => {
  t.strictSame(readConfig(image), {
    gatewayImage: 'ghcr.io/fetchfy/fetchfy:0.1.0',
    listen: { host: '::', port: 8080 },
    adminListen: { host: '::', port: 9090 },
    log: { level: 'info', format: 'json' },
  });
});

t.test('each variable is read, and an empty one counts as not set', async (t) => {
  const env = {
    ...image,
    FETCHFY_LISTEN: '127.0.0.1:0',
    FETCHFY_ADMIN_LISTEN: 'localhost:1',
    FETCHFY_TLS_DIR: '/etc/tls',
    FETCHFY_TOKEN_DIR: '/etc/tokens',
    FETCHFY_LOG_LEVEL: 'debug',
    FETCHFY_LOG_FORMAT: '',
  };
  t.match(readConfig(env), {
    listen: { host: '127.0.0.1', port: 0 },
    adminListen: { host: 'localhost', port: 1 },
    tlsDir: '/etc/tls',
    tokenDir: '/etc/tokens',
    log: { level: 'debug', format: 'json' },
  });
});

t.test('images are taken by tag and digest', async (t) => {
  for (const reference of ['fetchfy', 'localhost:5000/a/b_c:1.0-x', `a/b@sha256:${'0'.repeat(64)}`]) {
    t.equal(readConfig({ FETCHFY_GATEWAY_IMAGE: reference }).gatewayImage, reference);
  }
});

t.test('every variable that is wrong is named, with what was found and what was expected', async (t) => {
  const env = {
    FETCHFY_LISTEN: '8080',
    FETCHFY_ADMIN_LISTEN: '[::1:9090',
    FETCHFY_LOG_LEVEL: 'loud',
    FETCHFY_LOG_FORMAT: 'xml',
  };
  const address = 'HOST:PORT, an IPv6 address in brackets, such as [::]:8080';
  try {
    readConfig(env);
    t.fail('it was taken');
  } catch (error) {
    t.ok(error instanceof ConfigError);
    t.strictSame((error as ConfigError).problems, [
      'FETCHFY_GATEWAY_IMAGE is not set; expected an image reference, such as registry.example.com/fetchfy:1.0.0.',
      `FETCHFY_LISTEN is "8080"; expected ${address}.`,
      `FETCHFY_ADMIN_LISTEN is "[::1:9090"; expected ${address}.`,
      'FETCHFY_LOG_LEVEL is "loud"; expected debug or info or warn or error.',
      'FETCHFY_LOG_FORMAT is "xml"; expected json or text.',
    ]);
  }
  for (const listen of ['host:70000', '[1.2.3.4]:80', 'a b:80', ':80']) {
    t.throws(() => readConfig({ ...image, FETCHFY_LISTEN: listen }), { code: 'ERR_CONFIG_INVALID' }, listen);
  }
});

t.test('the help names each variable', async (t) => {
  const text = describeVariables();
  for (const name of ['GATEWAY_IMAGE', 'LISTEN', 'ADMIN_LISTEN', 'TLS_DIR', 'TOKEN_DIR', 'LOG_LEVEL', 'LOG_FORMAT'])
    t.match(text, `FETCHFY_${name} `);
});
