import MarkdownIt from 'markdown-it';
import type Token from 'markdown-it/lib/token.mjs';
import { deepest, noDefinition, ownLine, tooDeep, tooWide, whatsappCode } from './block-rules.ts';
import { address, codeSpan, scanMarks } from './inline-rules.ts';

const parser = createParser();

/** A text's blocks, as the parser's flat list of tokens. What is within a block is not parsed yet. */
export interface Parsed {
  blocks: Token[];
  /** Parses what is within a block. It knows where the text's link references lead. */
  parseInline(content: string): Token[];
}

export function parse(text: string): Parsed {
  const env = { labels: labelsIn(text) };
  return {
    blocks: parser.parse(text, env),
    parseInline(content) {
      const tokens: Token[] = [];
      parser.inline.parse(content, parser, env, tokens);
      return tokens;
    },
  };
}

/** CommonMark with tables and strikethrough, except where a chat means something else (see to-whatsapp-text.ts). */
function createParser(): MarkdownIt {
  // Its types do not have maxNesting.
  const options = { html: true, maxNesting: 2 * deepest };
  const markdown = new MarkdownIt(options);
  markdown.validateLink = () => true;
  markdown.normalizeLink = address => address;
  // Most of what is within blocks is plain text, which needs no parser: it is parsed where it is written.
  markdown.disable(['html_block', 'lheading']);
  markdown.core.ruler.enableOnly(['normalize', 'block']);
  markdown.block.ruler.before('table', 'whatsapp_code', whatsappCode, { alt: ['paragraph', 'blockquote', 'list'] });
  markdown.block.ruler.before('table', 'own_line', ownLine, { alt: ['paragraph', 'blockquote'] });
  markdown.block.ruler.before('table', 'too_deep', tooDeep);
  markdown.block.ruler.before('table', 'too_wide', tooWide);
  markdown.block.ruler.before('reference', 'no_definition', noDefinition);
  markdown.inline.ruler.before('escape', 'address', address);
  markdown.inline.ruler.at('backticks', codeSpan);
  markdown.inline.State = class extends markdown.inline.State {
    override scanDelims(start: number): ReturnType<typeof scanMarks> {
      return scanMarks(this.src, start, this.posMax);
    }
  };
  return markdown;
}

/** The labels that a link may refer to, in small letters. */
function labelsIn(text: string): ReadonlySet<string> {
  if (!text.includes(']:')) return new Set();
  return new Set([...text.matchAll(/\[([^[\]]+)\](?!:)/g)].map(([, label = '']) => label.toLowerCase()));
}
