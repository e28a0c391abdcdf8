const metaUrl =
  'https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1700000000000009&ext=1780000300&hash=SYNTH';
const voiceMessage =
  '[voice message: voice.ogg, 41 KB, audio/ogg] https://api.kapso.ai/media/SYNTH/voice.ogg\n' +
  'Transcript: call me after five please';

/** The reading of every sample with messages: the text of each message, or why it is skipped. */
export const readings: Record<string, ({ text: string } | { skipped: string })[]> = {
  'list-audio_file_no_transcript.json': [
    { text: '[audio: song.mp3, 2 MB, audio/mpeg] https://api.kapso.ai/media/SYNTH/song.mp3' },
  ],
  'list-button_template_quick_reply.json': [
    { text: '[in reply to message wamid.SYN9006]\n[button pressed: "Stop promotions", payload "STOP_PROMO"]' },
  ],
  'list-document.json': [
    {
      text: '[document: contract.pdf, 90 KB, application/pdf] https://api.kapso.ai/media/SYNTH/contract.pdf\nplease sign',
    },
  ],
  'list-ephemeral.json': [{ text: '[message of type "ephemeral", which cannot be shown]' }],
  'list-image.json': [
    { text: '[image: receipt.jpg, 180 KB, image/jpeg] https://api.kapso.ai/media/SYNTH/receipt.jpg\nthe receipt' },
  ],
  'list-image_media_not_ready.json': [{ text: '[image: image/jpeg]' }],
  'list-image_meta_url.json': [{ text: `[image: image/jpeg] ${metaUrl}` }],
  'list-interactive_button_reply.json': [
    { text: '[in reply to message wamid.SYN9003]\n[button pressed: "Confirm", id "confirm-yes"]' },
  ],
  'list-interactive_nfm_reply.json': [
    { text: '[in reply to message wamid.SYN9005]\n[form answered: flow]\nrating: 5' },
  ],
  'list-location.json': [{ text: '[location: Puerta del Sol, Madrid (40.4168, -3.7038)]' }],
  'list-location_bare.json': [{ text: '[location: (-33.45, -70.66)]' }],
  'list-outbound-text.json': [{ skipped: 'outbound' }],
  'list-page-1-newest-first.json': [
    { text: '[image; error 131052: Media file size too big.]' },
    { text: '[message of type "ephemeral", which cannot be shown]' },
    {
      text: '[message of type "unknown", which cannot be shown; error 131051: Message type is not currently supported]',
    },
    { text: '[unsupported message: poll; error 131051: Message type is currently not supported.]' },
    { text: '[number changed from +15550104477 to +15550108888: User Zoe changed from 15550104477 to 15550108888]' },
    { text: '[order from catalog 900000000000111: 2 x sku-blue-1 at 30 USD]\nGift wrap please' },
    { text: '[reaction removed from message wamid.SYN9007]' },
    { text: '[reaction: 👍 to message wamid.SYN9007]' },
    { text: '[in reply to message wamid.SYN9006]\n[button pressed: "Stop promotions", payload "STOP_PROMO"]' },
    { text: '[in reply to message wamid.SYN9005]\n[form answered: flow]\nrating: 5' },
  ],
  'list-page-doc-minimal-paging.json': [{ text: '[image; error 131052: Media file size too big.]' }],
  'list-page-empty.json': [],
  'list-page-last.json': [
    { text: '[in reply to message wamid.SYN9004]\n[list choice: "16:30" (Thursday), id "slot-3"]' },
    { text: '[in reply to message wamid.SYN9003]\n[button pressed: "Confirm", id "confirm-yes"]' },
    { text: '[contact card: Ada Example, +1 555-010-9999, ada@example.org, Example Ltd]' },
    { text: '[location: (-33.45, -70.66)]' },
    { text: '[location: Puerta del Sol, Madrid (40.4168, -3.7038)]' },
    { text: '[sticker: sticker.webp, 20 KB, image/webp] https://api.kapso.ai/media/SYNTH/sticker.webp' },
    {
      text: '[document: contract.pdf, 90 KB, application/pdf] https://api.kapso.ai/media/SYNTH/contract.pdf\nplease sign',
    },
    { text: '[video: clip.mp4, 3 MB, video/mp4] https://api.kapso.ai/media/SYNTH/clip.mp4\nleaking tap' },
    { text: '[audio: song.mp3, 2 MB, audio/mpeg] https://api.kapso.ai/media/SYNTH/song.mp3' },
    { text: voiceMessage },
    { text: '[image: image/jpeg]' },
    { text: `[image: image/jpeg] ${metaUrl}` },
    { text: '[image: receipt.jpg, 180 KB, image/jpeg] https://api.kapso.ai/media/SYNTH/receipt.jpg\nthe receipt' },
    { text: '¡Añó! 👩‍👩‍👧‍👦 日本語 *not bold\nline two' },
    {
      text: '[came from an ad: "Chat with us", "Spring sale", id 120000000000000777] https://fb.me/synthetic1\nSaw your ad',
    },
    {
      text: '[in reply to message wamid.SYN9002]\n[about product sku-blue-1 of catalog 900000000000111]\nAny discount?',
    },
    { text: '[forwarded many times]\nchain letter' },
    { text: '[forwarded]\nfwd: opening hours' },
    { text: '[in reply to message wamid.SYN9001]\nYes, that one' },
    { text: 'Is the workshop still on for Friday?' },
  ],
  'list-reaction.json': [{ text: '[reaction: 👍 to message wamid.SYN9007]' }],
  'list-reaction_removed.json': [{ text: '[reaction removed from message wamid.SYN9007]' }],
  'list-sticker.json': [
    { text: '[sticker: sticker.webp, 20 KB, image/webp] https://api.kapso.ai/media/SYNTH/sticker.webp' },
  ],
  'list-system_number_change.json': [
    { text: '[number changed from +15550104477 to +15550108888: User Zoe changed from 15550104477 to 15550108888]' },
  ],
  'list-text-bsuid-only.json': [{ text: 'Is the workshop still on for Friday?' }],
  'list-text-meta-only-fields-kapso-empty.json': [{ text: 'Is the workshop still on for Friday?' }],
  'list-text.json': [{ text: 'Is the workshop still on for Friday?' }],
  'list-text_forwarded.json': [{ text: '[forwarded]\nfwd: opening hours' }],
  'list-text_frequently_forwarded.json': [{ text: '[forwarded many times]\nchain letter' }],
  'list-text_reply.json': [{ text: '[in reply to message wamid.SYN9001]\nYes, that one' }],
  'list-text_unicode.json': [{ text: '¡Añó! 👩‍👩‍👧‍👦 日本語 *not bold\nline two' }],
  'list-unsupported.json': [
    { text: '[unsupported message: poll; error 131051: Message type is currently not supported.]' },
  ],
  'list-video.json': [
    { text: '[video: clip.mp4, 3 MB, video/mp4] https://api.kapso.ai/media/SYNTH/clip.mp4\nleaking tap' },
  ],
  'list-voice_note.json': [{ text: voiceMessage }],
  'meta-audio_file_no_transcript.json': [{ text: '[audio: audio/mpeg]' }],
  'meta-button_template_quick_reply.json': [
    { text: '[in reply to message wamid.SYN9006]\n[button pressed: "Stop promotions", payload "STOP_PROMO"]' },
  ],
  'meta-document.json': [{ text: '[document: contract.pdf, application/pdf]\nplease sign' }],
  'meta-ephemeral.json': [{ text: '[message of type "ephemeral", which cannot be shown]' }],
  'meta-group-text.json': [{ text: 'hello group' }],
  'meta-image.json': [{ text: '[image: image/jpeg]\nthe receipt' }],
  'meta-image_media_not_ready.json': [{ text: '[image: image/jpeg]' }],
  'meta-image_meta_url.json': [{ text: `[image: image/jpeg] ${metaUrl}` }],
  'meta-interactive_button_reply.json': [
    { text: '[in reply to message wamid.SYN9003]\n[button pressed: "Confirm", id "confirm-yes"]' },
  ],
  'meta-interactive_nfm_reply.json': [
    { text: '[in reply to message wamid.SYN9005]\n[form answered: flow]\nrating: 5' },
  ],
  'meta-location.json': [{ text: '[location: Puerta del Sol, Madrid (40.4168, -3.7038)]' }],
  'meta-location_bare.json': [{ text: '[location: (-33.45, -70.66)]' }],
  'meta-multi-entry-multi-change.json': [
    { text: 'Is the workshop still on for Friday?' },
    { text: '[image: image/jpeg]\nthe receipt' },
    { skipped: 'delivery status' },
  ],
  'meta-reaction.json': [{ text: '[reaction: 👍 to message wamid.SYN9007]' }],
  'meta-reaction_removed.json': [{ text: '[reaction removed from message wamid.SYN9007]' }],
  'meta-smb-message-echo.json': [{ skipped: 'sent from the business app' }],
  'meta-status-delivered.json': [{ skipped: 'delivery status' }],
  'meta-status-failed-131047.json': [{ skipped: 'delivery status' }],
  'meta-sticker.json': [{ text: '[sticker: image/webp]' }],
  'meta-system_number_change.json': [
    { text: '[number changed from +15550104477 to +15550108888: User Zoe changed from 15550104477 to 15550108888]' },
  ],
  'meta-text-bsuid-only.json': [{ text: 'hi from a username' }],
  'meta-text.json': [{ text: 'Is the workshop still on for Friday?' }],
  'meta-text_forwarded.json': [{ text: '[forwarded]\nfwd: opening hours' }],
  'meta-text_frequently_forwarded.json': [{ text: '[forwarded many times]\nchain letter' }],
  'meta-text_reply.json': [{ text: '[in reply to message wamid.SYN9001]\nYes, that one' }],
  'meta-text_unicode.json': [{ text: '¡Añó! 👩‍👩‍👧‍👦 日本語 *not bold\nline two' }],
  'meta-unsupported.json': [
    { text: '[unsupported message: poll; error 131051: Message type is currently not supported.]' },
  ],
  'meta-video.json': [{ text: '[video: video/mp4]\nleaking tap' }],
  'meta-voice_note.json': [{ text: '[voice message: audio/ogg]' }],
  'webhook-v1-legacy-text.json': [{ text: 'hello v1' }],
  'webhook-v2-audio_file_no_transcript.json': [
    { text: '[audio: song.mp3, 2 MB, audio/mpeg] https://api.kapso.ai/media/SYNTH/song.mp3' },
  ],
  'webhook-v2-batch-mixed-types.json': [
    { text: 'Is the workshop still on for Friday?' },
    { text: '[image: receipt.jpg, 180 KB, image/jpeg] https://api.kapso.ai/media/SYNTH/receipt.jpg\nthe receipt' },
    { text: voiceMessage },
    { text: '[reaction: 👍 to message wamid.SYN9007]' },
    { text: '[unsupported message: poll; error 131051: Message type is currently not supported.]' },
  ],
  'webhook-v2-batch-of-one.json': [{ text: 'Is the workshop still on for Friday?' }],
  'webhook-v2-batch-two-texts.json': [
    { text: 'Is the workshop still on for Friday?' },
    { text: '[in reply to message wamid.SYN9001]\nYes, that one' },
  ],
  'webhook-v2-batch-with-batch-info-UNVERIFIED.json': [{ text: 'Is the workshop still on for Friday?' }],
  'webhook-v2-batch-without-from.json': [{ text: 'Is the workshop still on for Friday?' }],
  'webhook-v2-button_template_quick_reply.json': [
    { text: '[in reply to message wamid.SYN9006]\n[button pressed: "Stop promotions", payload "STOP_PROMO"]' },
  ],
  'webhook-v2-document.json': [
    {
      text: '[document: contract.pdf, 90 KB, application/pdf] https://api.kapso.ai/media/SYNTH/contract.pdf\nplease sign',
    },
  ],
  'webhook-v2-ephemeral.json': [{ text: '[message of type "ephemeral", which cannot be shown]' }],
  'webhook-v2-event-conversation-created.json': [{ skipped: 'not a received message' }],
  'webhook-v2-event-conversation-ended.json': [{ skipped: 'not a received message' }],
  'webhook-v2-event-conversation-inactive.json': [{ skipped: 'not a received message' }],
  'webhook-v2-event-message-delivered.json': [{ skipped: 'outbound' }],
  'webhook-v2-event-message-failed.json': [{ skipped: 'outbound' }],
  'webhook-v2-event-message-read.json': [{ skipped: 'outbound' }],
  'webhook-v2-event-message-sent-business-app-echo.json': [{ skipped: 'sent from the business app' }],
  'webhook-v2-event-message-sent.json': [{ skipped: 'outbound' }],
  'webhook-v2-image.json': [
    { text: '[image: receipt.jpg, 180 KB, image/jpeg] https://api.kapso.ai/media/SYNTH/receipt.jpg\nthe receipt' },
  ],
  'webhook-v2-image_media_not_ready.json': [{ text: '[image: image/jpeg]' }],
  'webhook-v2-image_meta_url.json': [{ text: `[image: image/jpeg] ${metaUrl}` }],
  'webhook-v2-interactive_button_reply.json': [
    { text: '[in reply to message wamid.SYN9003]\n[button pressed: "Confirm", id "confirm-yes"]' },
  ],
  'webhook-v2-interactive_nfm_reply.json': [
    { text: '[in reply to message wamid.SYN9005]\n[form answered: flow]\nrating: 5' },
  ],
  'webhook-v2-location.json': [{ text: '[location: Puerta del Sol, Madrid (40.4168, -3.7038)]' }],
  'webhook-v2-location_bare.json': [{ text: '[location: (-33.45, -70.66)]' }],
  'webhook-v2-reaction.json': [{ text: '[reaction: 👍 to message wamid.SYN9007]' }],
  'webhook-v2-reaction_removed.json': [{ text: '[reaction removed from message wamid.SYN9007]' }],
  'webhook-v2-sticker.json': [
    { text: '[sticker: sticker.webp, 20 KB, image/webp] https://api.kapso.ai/media/SYNTH/sticker.webp' },
  ],
  'webhook-v2-system_number_change.json': [
    { text: '[number changed from +15550104477 to +15550108888: User Zoe changed from 15550104477 to 15550108888]' },
  ],
  'webhook-v2-test-delivery.json': [{ skipped: 'test delivery' }],
  'webhook-v2-text-bsuid-only.json': [{ text: 'Is the workshop still on for Friday?' }],
  'webhook-v2-text-observed-2026.json': [{ text: 'Is the workshop still on for Friday?' }],
  'webhook-v2-text-without-from.json': [{ text: 'Is the workshop still on for Friday?' }],
  'webhook-v2-text.json': [{ text: 'Is the workshop still on for Friday?' }],
  'webhook-v2-text_forwarded.json': [{ text: '[forwarded]\nfwd: opening hours' }],
  'webhook-v2-text_frequently_forwarded.json': [{ text: '[forwarded many times]\nchain letter' }],
  'webhook-v2-text_reply.json': [{ text: '[in reply to message wamid.SYN9001]\nYes, that one' }],
  'webhook-v2-text_unicode.json': [{ text: '¡Añó! 👩‍👩‍👧‍👦 日本語 *not bold\nline two' }],
  'webhook-v2-unsupported.json': [
    { text: '[unsupported message: poll; error 131051: Message type is currently not supported.]' },
  ],
  'webhook-v2-video.json': [
    { text: '[video: clip.mp4, 3 MB, video/mp4] https://api.kapso.ai/media/SYNTH/clip.mp4\nleaking tap' },
  ],
  'webhook-v2-voice_note.json': [{ text: voiceMessage }],
};
