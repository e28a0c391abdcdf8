/** The signing secret that a registration has made, in the state directory. */
export const webhookSecretFileName = 'webhook-secret';
