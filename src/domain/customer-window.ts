/** WhatsApp takes free text only within this time after the contact's last message, in milliseconds. */
export const customerWindow = 24 * 3_600_000;
