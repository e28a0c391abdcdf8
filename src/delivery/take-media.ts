import type { MediaContent, OutgoingFile } from '../domain/content.ts';

/** Takes the files that an agent attaches, so that a later change of them changes nothing. */
export interface TakeMedia {
  /**
   * Takes a file by its name in the agent's words, and says what it is sent as. Its copy is kept under the id.
   *
   * @param options.message the entry of the inbox that the agent has answered: its session's agent may send its own files
   * @throws KapsoWhatsappError when it may not be sent, cannot be read, or is nothing that WhatsApp takes
   * @throws GatewayError `away` when the gateway cannot be asked where the agent works
   */
  take(
    id: string,
    file: { named: string; voice?: true },
    options: { message: string; signal: AbortSignal },
  ): Promise<Pick<MediaContent, 'media' | 'source' | 'filename' | 'voice'>>;
  /** Whether a file that was taken can be read here. Another machine may have it. */
  isHere(file: OutgoingFile): Promise<boolean>;
}
