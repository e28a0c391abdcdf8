/** What every agent gateway must guarantee to delivery. The suite runs against the simulator and against a real gateway. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentGateway, GatewayError, type Recalled } from '../../src/agents/agent.ts';
import { type Clock, systemClock } from '../../src/clock.ts';

/** A gateway with a scripted agent. The first word of a text marks it. The rest says what the agent does with it. */
export interface GatewayUnderTest {
  /** Creates a client that is not started. */
  client(clock: Clock): AgentGateway;
  /** Returns a session without any text yet. */
  session(): string;
  script: {
    say(marker: string, reply: string): string;
    slow(marker: string, ms: number, reply: string): string;
    silent(marker: string): string;
    /** Runs `echo hi` and `exit 64`, one after the other, and then says the reply. */
    use(marker: string, reply: string): string;
    failBeforeTool(marker: string): string;
    failAfterTool(marker: string): string;
  };
  /** How often the agent began a text with this marker as its own turn, or resumed it. */
  runs(marker: string): number;
  /** Resolves when the agent has begun the text with this marker. */
  begun(marker: string): Promise<void>;
  /** Does what SIGTERM and a start do. Resolves when the gateway takes connections again. */
  restart(): Promise<void>;
  /** Does what SIGKILL and a start do. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

const never = new AbortController().signal;

/** The system's clock, whose monotonic time a test can put forward: for decisions that depend on how long nothing has changed. */
export function forwardClock(): Clock & { forward(ms: number): void } {
  let offset = 0;
  return {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + offset,
    forward: ms => {
      offset += ms;
    },
  };
}

export function gatewayConformance(name: string, start: () => Promise<GatewayUnderTest>): void {
  describe(name, () => {
    let under: GatewayUnderTest;
    let gateway: AgentGateway;
    const clock = forwardClock();
    let count = 0;
    /** A run key and marker that nobody has used. */
    const fresh = () => `mark${++count}x`;

    beforeAll(async () => {
      under = await start();
      gateway = under.client(clock);
      gateway.start();
      await gateway.connected(never);
    });
    afterAll(async () => {
      await gateway?.stop();
      await under?.close();
    });

    const begin = (sessionKey: string, runKey: string, message: string) =>
      gateway.run({ sessionKey, runKey, message, systemPrompt: 'You are a test.' }, never);

    /** Asks until there is something to act upon, through restarts, as delivery does. */
    const decided = async (sessionKey: string, runKey: string): Promise<Recalled> => {
      for (;;) {
        try {
          await gateway.connected(never);
          const recalled = await gateway.recall(sessionKey, runKey);
          if (recalled.kind !== 'active') return recalled;
        } catch (error) {
          if (!(error instanceof GatewayError) || error.kind !== 'away') throw error;
        }
        // The interface has no event for "decided". Delivery asks again too.
        await pause(200);
      }
    };

    it('says which process it talks to', () => {
      expect(gateway.state).toMatchObject({ phase: 'connected', reason: null });
      expect(gateway.state.bootId).toBeTruthy();
    });

    it('runs a message and tells its reply, then and afterwards', async () => {
      const [session, key] = [under.session(), fresh()];
      await begin(session, key, under.script.say(key, 'a plain answer'));
      expect(await gateway.wait(key, never)).toEqual({ kind: 'ended', reply: 'a plain answer', calls: null });
      expect(await gateway.recall(session, key)).toEqual({ kind: 'answered', reply: 'a plain answer', calls: [] });
      expect(under.runs(key)).toBe(1);
    });

    it('tells what a run did, when it is asked for', async () => {
      const [session, key, idle] = [under.session(), fresh(), fresh()];
      const calls = [
        { name: 'exec', command: 'echo hi', output: 'hi', failed: false, exitCode: null, refused: false },
        expect.objectContaining({ name: 'exec', command: 'exit 64', failed: true, exitCode: 64, refused: false }),
      ];
      await begin(session, key, under.script.use(key, 'all done'));
      expect(await gateway.wait(key, never, { calls: true })).toEqual({ kind: 'ended', reply: 'all done', calls });
      expect(await gateway.recall(session, key)).toEqual({ kind: 'answered', reply: 'all done', calls });
      await begin(session, idle, under.script.say(idle, 'nothing done'));
      expect(await gateway.wait(idle, never, { calls: true })).toEqual({
        kind: 'ended',
        reply: 'nothing done',
        calls: [],
      });
    });

    it('runs a key once, however often it is given: while it runs and after its end', async () => {
      const [session, key] = [under.session(), fresh()];
      const text = under.script.slow(key, 500, 'once');
      await begin(session, key, text);
      await under.begun(key);
      await begin(session, key, text);
      expect(await gateway.recall(session, key)).toEqual({ kind: 'active' });
      expect(await gateway.wait(key, never)).toEqual({ kind: 'ended', reply: 'once', calls: null });
      await begin(session, key, text);
      expect(await gateway.wait(key, never)).toEqual({ kind: 'ended', reply: 'once', calls: null });
      expect(under.runs(key)).toBe(1);
    });

    it('keeps the order of a session and the replies apart', async () => {
      const session = under.session();
      const keys = [fresh(), fresh(), fresh()];
      const [first = '', second = '', third = ''] = keys;
      await begin(session, first, under.script.slow(first, 300, 'one'));
      await begin(session, second, under.script.say(second, 'two'));
      await begin(session, third, under.script.say(third, 'three'));
      const ends = await Promise.all(keys.map(key => gateway.wait(key, never)));
      expect(ends).toEqual(['one', 'two', 'three'].map(reply => ({ kind: 'ended', reply, calls: null })));
      for (const key of keys) expect((await gateway.recall(session, key)).kind).toBe('answered');
    });

    it('does not let one session wait for another', async () => {
      const [slow, quick] = [fresh(), fresh()];
      await begin(under.session(), slow, under.script.slow(slow, 3000, 'late'));
      await under.begun(slow);
      await begin(under.session(), quick, under.script.say(quick, 'soon'));
      const order: string[] = [];
      const ends = [slow, quick].map(key => gateway.wait(key, never).then(() => order.push(key)));
      await Promise.all(ends);
      expect(order).toEqual([quick, slow]);
    });

    it('takes silence for an end, not for a failure', async () => {
      const [session, key] = [under.session(), fresh()];
      await begin(session, key, under.script.silent(key));
      expect(await gateway.wait(key, never)).toEqual({ kind: 'ended', reply: null, calls: null });
    });

    it('tells a run that failed before any tool, which may be tried again under a new key', async () => {
      const [session, key] = [under.session(), fresh()];
      await begin(session, key, under.script.failBeforeTool(key));
      expect(await gateway.wait(key, never)).toMatchObject({ kind: 'error', toolsRan: false });
      await gateway.recall(session, key);
      clock.forward(31_000);
      expect(await gateway.recall(session, key)).toEqual({ kind: 'unanswered', toolsRan: false });
      await begin(session, `${key}:2`, under.script.say(key, 'better now'));
      expect(await gateway.wait(`${key}:2`, never)).toEqual({ kind: 'ended', reply: 'better now', calls: null });
    });

    it('tells a run that failed after a tool had run', async () => {
      const [session, key] = [under.session(), fresh()];
      await begin(session, key, under.script.failAfterTool(key));
      expect(await gateway.wait(key, never)).toMatchObject({ kind: 'error', toolsRan: true });
      await gateway.recall(session, key);
      clock.forward(31_000);
      expect(await gateway.recall(session, key)).toEqual({ kind: 'unanswered', toolsRan: true });
    });

    it('ends a run that is in progress or waits when it is told to, once, and no other', async () => {
      const session = under.session();
      const [running, waiting, after] = [fresh(), fresh(), fresh()];
      await begin(session, running, under.script.slow(running, 30_000, 'never said'));
      await under.begun(running);
      await begin(session, waiting, under.script.say(waiting, 'never said'));
      await begin(session, after, under.script.say(after, 'goes on'));
      expect(await gateway.abort(session, fresh())).toBe(false);
      expect(await gateway.abort(session, waiting)).toBe(true);
      expect(await gateway.abort(session, running)).toBe(true);
      const ends = await Promise.all([running, waiting].map(key => gateway.wait(key, never)));
      for (const end of ends) expect(end).toMatchObject({ kind: 'error', toolsRan: true });
      // A real model reads what was stopped before it, so its words say nothing here.
      expect(await gateway.wait(after, never)).toMatchObject({ kind: 'ended' });
      expect(await gateway.abort(session, running)).toBe(false);
      expect(under.runs(waiting)).toBe(0);
    });

    it('leaves a run alone that another connection began, and says why', async () => {
      const [session, key] = [under.session(), fresh()];
      await begin(session, key, under.script.slow(key, 1500, 'to the end'));
      await under.begun(key);
      const other = under.client(clock);
      other.start();
      await other.connected(never);
      await expect(other.abort(session, key)).rejects.toMatchObject({
        kind: 'refused',
        hint: expect.stringContaining('only the connection that began a run'),
      });
      await other.stop();
      expect(await gateway.wait(key, never)).toEqual({ kind: 'ended', reply: 'to the end', calls: null });
    });

    it('says of an agent that is not there that it may come, and of a key that is none that it will not', async () => {
      const key = fresh();
      const run = (session: string) => begin(session, key, under.script.say(key, 'never'));
      await expect(run('agent:nobody:kapso:direct:+1555')).rejects.toMatchObject({ kind: 'unready' });
      await expect(run('agent::kapso')).rejects.toMatchObject({ kind: 'permanent' });
      expect(under.runs(key)).toBe(0);
      expect(gateway.state.phase).toBe('connected');
    });

    it('knows nothing of a run that never was', async () => {
      expect(await gateway.recall(under.session(), fresh())).toEqual({ kind: 'absent' });
    });

    it('finds a run that went on while its client was away', async () => {
      const [session, key] = [under.session(), fresh()];
      await begin(session, key, under.script.slow(key, 1000, 'meanwhile'));
      await under.begun(key);
      await gateway.stop();
      gateway = under.client(clock);
      gateway.start();
      expect(await decided(session, key)).toEqual({ kind: 'answered', reply: 'meanwhile', calls: [] });
      expect(under.runs(key)).toBe(1);
    });

    it('lets a run end when it is told to stop, and takes up what it left waiting only under a new key', async () => {
      const session = under.session();
      const [running, waiting] = [fresh(), fresh()];
      await begin(session, running, under.script.slow(running, 1500, 'just in time'));
      await under.begun(running);
      await begin(session, waiting, under.script.say(waiting, 'late but once'));
      const boot = gateway.state.bootId;
      await under.restart();
      expect(await decided(session, running)).toEqual({ kind: 'answered', reply: 'just in time', calls: [] });
      expect(gateway.state.bootId).not.toBe(boot);
      expect(under.runs(running)).toBe(1);
      const left = await decided(session, waiting);
      if (left.kind === 'interrupted') {
        await begin(session, `${waiting}:2`, under.script.say(waiting, 'late but once'));
        expect(await gateway.wait(`${waiting}:2`, never)).toEqual({
          kind: 'ended',
          reply: 'late but once',
          calls: null,
        });
      } else expect(left).toEqual({ kind: 'answered', reply: 'late but once', calls: [] });
      expect(under.runs(waiting)).toBe(1);
    });

    it('after a crash resumes what ran, gives up what waited, and answers each once', async () => {
      const session = under.session();
      const [running, waiting] = [fresh(), fresh()];
      const text = under.script.say(waiting, 'after the crash');
      await begin(session, running, under.script.slow(running, 4000, 'survived'));
      await under.begun(running);
      await begin(session, waiting, text);
      await under.crash();
      expect(await decided(session, waiting)).toEqual({ kind: 'interrupted' });
      await expect(begin(session, waiting, text)).rejects.toMatchObject({ kind: 'key-spent' });
      expect(await decided(session, running)).toEqual({ kind: 'answered', reply: 'survived', calls: [] });
      await begin(session, `${waiting}:2`, text);
      expect(await gateway.wait(`${waiting}:2`, never)).toEqual({
        kind: 'ended',
        reply: 'after the crash',
        calls: null,
      });
      expect(under.runs(running)).toBe(2);
      expect(under.runs(waiting)).toBe(1);
    });
  });
}
