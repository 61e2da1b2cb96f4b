// A run in a folder as its page shows it: of one that was stopped, or killed, also how it goes on.
import type { DashboardServer, RunInfo, StoppedInfo, StoredFeed } from '@lockstep/dashboard';
import { endingOf } from '@lockstep/trainer';

type Feed = Parameters<DashboardServer['add']>[0];

/** @param again the command that goes on with it */
export function withWayOn(feed: StoredFeed, again: string): Feed {
  return {
    get info(): RunInfo {
      return { ...feed.info, stopped: stoppedOf(feed, again) };
    },
    get history() {
      return feed.history;
    },
    model: () => feed.model(),
    gradients: () => feed.gradients(),
    samples: (...asked) => feed.samples(...asked),
    act: () => feed.act(),
    listen: (listener) =>
      feed.listen({
        hear: (message) => {
          listener.hear(message);
          // Read after it was seen that nobody works in the folder any more.
          const isEnd = message.type === 'event' && message.event.event === 'interrupted';
          if (isEnd && !feed.info.isLive) listener.onInfo();
        },
        onInfo: () => listener.onInfo(),
      }),
  };
}

/** Null of one that goes on, has come to its end, or failed. */
function stoppedOf({ info, history }: StoredFeed, again: string): StoppedInfo | null {
  if (info.isLive) return null;
  const ending = endingOf(history.events);
  if (ending?.event === 'run-end' || ending?.event === 'error') return null;
  const saved = history.events.findLast((event) => event.event === 'checkpoint')?.step;
  if (!ending) return { step: saved ?? null, unsaved: 'No end is on record: it was killed', again };
  const { step, reason } = ending;
  const lost = `What came after it, up to step ${step}, is not saved: ${reason}`;
  const unsaved = step > ending.saved ? lost : null;
  return { step: ending.saved, unsaved, again };
}
