import MarkdownIt from 'markdown-it';
import type Token from 'markdown-it/lib/token.mjs';
import {
  deepest,
  type Environment,
  noDefinition,
  ownLine,
  tooDeep,
  tooEmpty,
  tooWide,
  whatsappCode,
} from './block-rules.ts';
import { address, codeSpan, noLink, scanMarks } from './inline-rules.ts';

/** Brackets within more brackets are text. Every bracket is looked through to this depth. */
const deepestBrackets = 6;

const blockParser = createBlockParser();
const inlineParser = createInlineParser();

/** A text's blocks, as the parser's flat list of tokens. What is within a block is not parsed yet. */
export interface Parsed {
  blocks: Token[];
  /** Parses what is within a block. It knows where the text's link references lead. */
  parseInline(content: string): Token[];
}

/** CommonMark with tables and strikethrough, except where a chat means something else (see to-whatsapp-text.ts). */
export function parse(text: string): Parsed {
  const env: Environment = { labels: labelsIn(text), columns: 0, missing: 0 };
  return { blocks: blockParser.parse(text, env), parseInline: content => inlineParser(content, env) };
}

function createMarkdown(maxNesting: number): MarkdownIt {
  // Its types do not have maxNesting.
  const options = { html: true, maxNesting };
  const markdown = new MarkdownIt(options);
  markdown.validateLink = () => true;
  markdown.normalizeLink = address => address;
  return markdown;
}

function createBlockParser(): MarkdownIt {
  const markdown = createMarkdown(2 * deepest);
  markdown.core.ruler.enableOnly(['normalize', 'block']);
  markdown.disable(['html_block', 'lheading']);
  markdown.block.ruler.before('table', 'whatsapp_code', whatsappCode, { alt: ['paragraph', 'blockquote', 'list'] });
  markdown.block.ruler.before('table', 'own_line', ownLine, { alt: ['paragraph', 'blockquote'] });
  markdown.block.ruler.before('table', 'too_deep', tooDeep);
  markdown.block.ruler.before('table', 'too_wide', tooWide);
  markdown.block.ruler.before('table', 'too_empty', tooEmpty, { alt: ['blockquote'] });
  markdown.block.ruler.before('reference', 'no_definition', noDefinition);
  return markdown;
}

function createInlineParser(): (content: string, env: object) => Token[] {
  const markdown = createMarkdown(deepestBrackets);
  markdown.inline.ruler.before('escape', 'address', address);
  markdown.inline.ruler.at('backticks', codeSpan);
  markdown.inline.ruler.before('link', 'no_link', noLink);
  markdown.inline.State = class extends markdown.inline.State {
    override scanDelims(start: number): ReturnType<typeof scanMarks> {
      return scanMarks(this.src, start, this.posMax);
    }
  };
  const parseInline = markdown.inline.parse;
  // A picture's description is written as it stands. The parser would parse it, and the pictures in it, once a level.
  markdown.inline.parse = () => {};
  return (content, env) => {
    const tokens: Token[] = [];
    parseInline.call(markdown.inline, content, markdown, env, tokens);
    return tokens;
  };
}

/** The labels that a link may refer to, in small letters. */
function labelsIn(text: string): ReadonlySet<string> {
  if (!text.includes(']:')) return new Set();
  return new Set([...text.matchAll(/\[([^[\]]+)\](?!:)/g)].map(([, label = '']) => label.toLowerCase()));
}
