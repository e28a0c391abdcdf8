import type { Argv } from 'yargs';
import { withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';
import { type SendOption, sendOptions } from './send-options.ts';

/** The options of the help by what they are for. Those that stand in no group come after them. */
const groups: Readonly<Record<string, readonly SendOption[]>> = {
  'To whom, and from which number:': ['to', 'group', 'from'],
  'A text:': ['text', 'markdown', 'preview', 'no-preview'],
  'A file, by its path or an https address:': [
    ...(['image', 'video', 'audio', 'voice', 'document', 'sticker', 'caption', 'filename'] as const),
  ],
  'A template:': ['template', 'lang', 'param'],
  'Something to tap, below a text:': ['buttons', 'list', 'cta', 'flow', 'ask-location', 'header', 'footer'],
  'Something else:': ['location', 'contact', 'file'],
  'About another message:': ['reply-to', 'react', 'unreact', 'to-message'],
};

/** The help and the completion of `send`. */
export function sendCommand(y: Argv): Argv {
  let command = withOptions(y, sendOptions);
  for (const [title, options] of Object.entries(groups)) command = command.group([...options], title);
  return command
    .usage(flowing(usage))
    .positional('message', { type: 'string', describe: 'the text, in the place of --text' })
    .example('$0 send --to +15551234567 --text "On Friday at 16:30."', '')
    .example('$0 send --to US.13491208655302741918 "Hello"', 'to a user who hides the number')
    .example('$0 send --to +15551234567 --markdown "**Open** on Friday"', 'Markdown')
    .example('$0 send --to +15551234567 --json - < answer.txt', 'a longer text')
    .example('$0 send --to +15551234567 --image menu.jpg --caption "This week"', 'an image')
    .example('$0 send --to +15551234567 --template reminder --lang en_US --param "Friday"', 'a template')
    .example('$0 send --to +15551234567 "A table for two?" --buttons "Yes|No"', 'buttons')
    .example('$0 send --to +15551234567 "Our menu" --cta "Open it=https://example.org/menu"', 'a link as a button')
    .example('$0 send --to +15551234567 --location "52.5163,13.3777,Brandenburg Gate"', 'a place')
    .example('$0 send --to +15551234567 --react 👍 --to-message wamid.HBg…', 'a reaction')
    .example('$0 send --to +15551234567 --to +15557654321 "We are closed today"', 'to two people')
    .example('$0 send --to +15551234567 "Hello" --dry-run', 'the request, and nothing is sent');
}

const usage = `$0 send --to ADDRESS --text TEXT
$0 send --to ADDRESS TEXT
$0 send --to ADDRESS - < FILE
$0 send --group ID --text TEXT
$0 send --to ADDRESS --text TEXT --buttons "Yes|No"
$0 send --to ADDRESS --image PATH --caption TEXT
$0 send --to ADDRESS --template NAME --lang LANGUAGE --param VALUE

Sends a text as it is and prints the id of the message. A text longer than
4096 characters goes out in parts, one after the other: one id a line. With
--markdown, Markdown's headings, bold, links, tables and so on are put into
WhatsApp's form first; what is in that form already stays as it is.

ADDRESS may have spaces, dashes, dots and parentheses between its digits, and
tel: or whatsapp: before the +. A backslash and an n in TEXT stay so. With -
the text is read from standard input, without the line breaks at its end.

ID is a group's, as the first line of what was written there names it. The
number or user id of a person is refused there, and a group's id after --to.

With several --to each gets the message, one after the other, and each id
stands behind its address. A failure of one does not stop the others, unless
it concerns all (the key is refused, Kapso is away). The exit code is that of
the worst.

FILE of --list is YAML or JSON: button, and rows or sections with title and
rows. A row is a title, or has title, id and description. FILE of --flow has
id or name, button, and may have screen, data, token, draft. FILE of --file is
the JSON of the API without recipient: type, and an object of that name. In
the place of FILE may stand - for standard input, or the JSON itself. Where an
agent runs this, FILE is in its workspace.

A file is uploaded once, whoever gets it. Its content says what it is, and
nothing is changed: a type or a size that WhatsApp does not take is refused with
64 before the upload. An agent may send files below its workspace and below
media.sendFrom only, and no hidden ones. An https address is not looked at:
WhatsApp itself fetches it.

A parameter is NAME=VALUE, or VALUE for the next numbered one; 1=VALUE where the
value has an equals sign; header:NAME=VALUE; button:1=VALUE. --image, --video,
--document or --location give a template's header. White space becomes a blank,
since Meta refuses line breaks. 'templates show' has what a template takes.

What WhatsApp would not take (a fourth button, a long title) is refused with
64 before anything is sent.

Words that are for the agent's gateway (NO_REPLY, HEARTBEAT_OK, MEDIA: lines,
[[reply_to_current]] and such) never reach a customer: alone they are refused
with 64, at the end they are left out, amid a sentence they stay.

With --json it prints {"to", "messages": [{"id", "part"}]}, and "leftOut" with
such words; an error has "messages" too: what was sent before it. With several
--to it prints {"results": [...], "exitCode"}.`;
