/** The environment variables of hooks and gateway: one of the three contracts between the two. */
export const environment = {
  /** The image of the gateway containers; the only thing the hooks know of the data plane's build. */
  gatewayImage: 'FETCHFY_GATEWAY_IMAGE',
} as const;
