# One image for the hooks and the gateway. The cluster tests build this very file; they hand in a base of their own,
# since they have no container registry. BASE needs node and npm on its PATH, and nothing else.
ARG BASE=docker.io/library/node:24-slim

# All dependencies, so that the compiler is there. A stage of its own: it is rebuilt only when the lock file changes.
FROM ${BASE} AS development
WORKDIR /fetchfy
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit

FROM development AS build
COPY tsconfig.json tsconfig.build.json ./
COPY gateway gateway
COPY hooks hooks
COPY mounts mounts
RUN npm run build

FROM development AS production
RUN npm prune --omit=dev --no-audit
# What is installed then. npm 11 leaves out whatever development dependencies need too: it must not know of them here.
RUN npm pkg delete devDependencies && npm sbom --sbom-format=cyclonedx --sbom-type=application > sbom.cdx.json

FROM ${BASE}
ARG VERSION=dev
LABEL org.opencontainers.image.title="Fetchfy" \
      org.opencontainers.image.description="A Kubernetes operator that turns labelled Services into one MCP server" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
ENV NODE_ENV=production
WORKDIR /fetchfy
COPY --from=production /fetchfy/node_modules node_modules
# The packages in this image, in CycloneDX.
COPY --from=production /fetchfy/sbom.cdx.json ./
COPY --from=build /fetchfy/dist dist
COPY package.json ./
# A number, so that runAsNonRoot can be checked without a look at /etc/passwd.
USER 65532:65532
EXPOSE 8080 9090
# No shell in between: node itself receives SIGTERM. The hooks run as `node dist/hooks/main.js`.
ENTRYPOINT ["node", "dist/gateway/main.js"]
