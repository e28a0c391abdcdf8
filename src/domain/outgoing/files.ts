/** The files of this machine that a message has, and their places in it. */
import type { Content, MediaSource, OutgoingFile } from '../content.ts';

/** Returns the files that are to be uploaded before the message is sent: of a medium, or of a template's header. */
export function filesOf(content: Content): OutgoingFile[] {
  const found: OutgoingFile[] = [];
  withIds(content, file => {
    found.push(file);
    return '';
  });
  return found;
}

/** Returns the message with the ids of its uploads in the places of the files. */
export function withIds(content: Content, idOf: (file: OutgoingFile) => string): Content {
  if (content.kind === 'media') return { ...content, source: uploaded(content.source, idOf) };
  if (content.kind !== 'filled-template') return content;
  return { ...content, components: content.components.map(component => withIdsInside(component, idOf)) };
}

function uploaded<S extends MediaSource>(source: S, idOf: (file: OutgoingFile) => string): MediaSource {
  if (!('file' in source)) return source;
  const { file, ...others } = source;
  return { ...others, id: idOf(file) };
}

/** `{type: 'header', parameters: [{type: 'image', image: {file}}]}`, as `fillTemplate` makes it. */
function withIdsInside(component: object, idOf: (file: OutgoingFile) => string): object {
  if (!('parameters' in component) || !Array.isArray(component.parameters)) return component;
  const parameters = component.parameters.map((parameter: Record<string, unknown>) => {
    const kind = String(parameter.type);
    const medium = parameter[kind];
    const isMedium = typeof medium === 'object' && medium !== null && 'file' in medium;
    return isMedium ? { ...parameter, [kind]: uploaded(medium as MediaSource, idOf) } : parameter;
  });
  return { ...component, parameters };
}
