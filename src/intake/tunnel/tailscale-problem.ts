import { asString, fieldsOf } from '../../narrow.ts';
import { notExecutableStatus, notFoundStatus, type TiedExit } from '../../tied-process.ts';

/** The public ports that Tailscale Funnel serves (Tailscale's documentation, "Funnel", requirements). */
const funnelPorts: readonly number[] = [443, 8443, 10000];

export type FunnelProblemKind =
  | 'not-installed'
  | 'not-running'
  | 'not-logged-in'
  | 'no-permission'
  | 'not-enabled'
  | 'port-not-allowed'
  | 'port-in-use'
  | 'failed';

export interface FunnelProblem {
  kind: FunnelProblemKind;
  /** What is wrong, as a sentence. */
  reason: string;
  /** What the operator can do about it. */
  hint: string;
  /** The page where Tailscale says that it can be solved; null without one. */
  link: string | null;
}

/** What `tailscale status --json` says of this machine (Tailscale's `ipnstate.Status`). */
export interface TailscaleStatus {
  /** `Running`, `Starting`, `NeedsLogin`, `NeedsMachineAuth`, `Stopped`, `NoState`. */
  backendState: string;
  /** `<machine>.<tailnet>.ts.net`, without the final dot; null when it has no name yet. */
  name: string | null;
  /** The public ports that the tailnet allows here; null when the status does not say. */
  allowedPorts: string | null;
}

/** Parses the text; null when it is no such status. */
export function readStatus(text: string): TailscaleStatus | null {
  try {
    const status = fieldsOf(JSON.parse(text));
    const backendState = asString(status.BackendState);
    if (backendState === null) return null;
    const self = fieldsOf(status.Self);
    const capability = Object.keys(fieldsOf(self.CapMap)).find(key => key.startsWith(funnelPortsCapability));
    return {
      backendState,
      name: asString(self.DNSName)?.replace(/\.$/, '') || null,
      allowedPorts: capability?.slice(funnelPortsCapability.length) ?? null,
    };
  } catch {
    return null;
  }
}

const funnelPortsCapability = 'https://tailscale.com/cap/funnel-ports?ports=';

/** Returns why a machine in this state cannot open a tunnel on `port`, or null. */
export function problemOfStatus(status: TailscaleStatus, port: number): FunnelProblem | null {
  switch (status.backendState) {
    case 'Running':
    case 'Starting':
      break;
    case 'NeedsLogin':
      return problem('not-logged-in', 'this machine is logged out of Tailscale', 'run: sudo tailscale up');
    case 'NeedsMachineAuth':
      return problem(
        'not-logged-in',
        "this machine is not yet approved by the tailnet's admin",
        'approve it on the Machines page of the Tailscale admin console',
      );
    case 'Stopped':
      return problem('not-running', 'Tailscale is stopped on this machine', 'run: sudo tailscale up');
    default:
      return problem('not-running', `Tailscale is in the state ${status.backendState}`, 'see: tailscale status');
  }
  if (status.allowedPorts !== null && !includesPort(status.allowedPorts, port)) {
    return problem(
      'port-not-allowed',
      `the tailnet allows Funnel on the ports ${status.allowedPorts}, not on ${port}`,
      'set tailscale.port to one of them',
    );
  }
  if (status.name === null) {
    return problem('not-enabled', 'this machine has no name in the tailnet', 'enable MagicDNS in the admin console');
  }
  return null;
}

/** Reads `443,8443` or `8000-9000` as Tailscale's `CheckFunnelPort` does. */
function includesPort(allowed: string, port: number): boolean {
  return allowed.split(',').some(part => {
    const [first, last = first] = part.split('-').map(Number);
    return first !== undefined && last !== undefined && port >= first && port <= last;
  });
}

/** Returns why Funnel can never serve this port, or null. */
export function problemOfPort(port: number): FunnelProblem | null {
  if (funnelPorts.includes(port)) return null;
  return problem(
    'port-not-allowed',
    `Tailscale Funnel does not serve the public port ${port}`,
    `set tailscale.port (KAPSO_TAILSCALE_PORT) to ${others(port)}`,
  );
}

/** The other ports of Funnel, as alternatives. */
function others(port: number): string {
  const ports = funnelPorts.filter(other => other !== port);
  return `${ports.slice(0, -1).join(', ')} or ${ports.at(-1)}`;
}

/** Returns the link of Tailscale's prompt to enable Funnel or HTTPS, or null. After the prompt the CLI ends or waits. */
export function enableLink(output: string): string | null {
  return /https:\/\/(?:login\.)?tailscale\.com\/\S*[^\s.,]/.exec(output)?.[0] ?? null;
}

/** Says what a prompt to enable means for the operator. */
export function notEnabled(link: string | null): FunnelProblem {
  return problem(
    'not-enabled',
    'Funnel or HTTPS is not enabled for this tailnet',
    link ? `open ${link} and enable it` : 'enable HTTPS certificates and Funnel in the Tailscale admin console',
    link,
  );
}

/** Returns why a `tailscale` command for this public port ended, by its output. The texts are those of the CLI's 1.10x source. */
export function problemOfExit(command: string, exit: TiedExit, port: number): FunnelProblem {
  const text = `${exit.stderr}\n${exit.stdout}`;
  if (exit.status === notFoundStatus) {
    return problem(
      'not-installed',
      `the program ${command} was not found`,
      'install Tailscale, or set tailscale.command',
    );
  }
  if (exit.status === notExecutableStatus) {
    return problem(
      'not-installed',
      `the program ${command} cannot be run`,
      'set tailscale.command to the tailscale CLI',
    );
  }
  if (/failed to connect to local tailscale/i.test(text) && !/permission denied/i.test(text)) {
    return problem('not-running', 'the Tailscale service does not run', 'run: sudo systemctl start tailscaled');
  }
  if (/logged out\.|not logged in|needslogin/i.test(text)) {
    return problem('not-logged-in', 'this machine is logged out of Tailscale', 'run: sudo tailscale up');
  }
  if (/not yet approved by tailnet admin/i.test(text)) {
    return problem('not-logged-in', lastLine(text), 'approve it on the Machines page of the Tailscale admin console');
  }
  if (/tailscale is stopped/i.test(text)) {
    return problem('not-running', 'Tailscale is stopped on this machine', 'run: sudo tailscale up');
  }
  if (/access denied|permission denied|serve config denied|must be root/i.test(text)) {
    return problem(
      'no-permission',
      'this user may not change what Tailscale serves',
      'run once: sudo tailscale set --operator=$USER (with the user that the poller runs as)',
    );
  }
  if (/is not allowed for funnel/i.test(text)) {
    return problem('port-not-allowed', lastLine(text), 'set tailscale.port to a port that the tailnet allows');
  }
  if (/listener already exists for port|is already serving/i.test(text)) {
    return problem(
      'port-in-use',
      lastLine(text),
      `set tailscale.port (KAPSO_TAILSCALE_PORT) to ${others(port)}, and register the new address in Kapso. ` +
        'What holds the port is shown by: tailscale funnel status. ' +
        '("tailscale funnel reset" would end everything that this machine serves.)',
    );
  }
  const link = enableLink(text);
  if (/funnel not available|https must be enabled/i.test(text) || (link !== null && exit.status === 0)) {
    return notEnabled(link);
  }
  const how = exit.signal ? `was ended by ${exit.signal}` : `ended with status ${exit.status}`;
  const said = lastLine(exit.stderr);
  return problem('failed', `${command} ${how}${said && `: ${said}`}`, 'it is started again by itself');
}

function lastLine(text: string): string {
  const lines = text.split('\n').map(line => line.trim());
  return (lines.filter(line => line !== '' && !line.startsWith('try `')).at(-1) ?? '').slice(0, 300);
}

function problem(kind: FunnelProblemKind, reason: string, hint: string, link: string | null = null): FunnelProblem {
  return { kind, reason, hint, link };
}
