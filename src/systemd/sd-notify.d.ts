/** The part of the native package `sd-notify` 2.8.0 that is used; it brings no types. */
declare module 'sd-notify' {
  const binding: {
    /** `sd_notify(0, state)`: goes to the `NOTIFY_SOCKET` of the process's own environment; does nothing without one. */
    sendState(state: string): void;
  };
  export default binding;
}
