// A run in a folder as its page shows it: of one that was stopped, or killed, also how it goes on.
import type { DashboardServer, RunInfo, StoredFeed } from '@lockstep/dashboard';
import { endingOf } from '@lockstep/trainer';

type Feed = Parameters<DashboardServer['add']>[0];

/** @param again the command that goes on with it */
export function withWayOn(feed: StoredFeed, again: string): Feed {
  return {
    get info(): RunInfo {
      return { ...feed.info, again: canGoOn(feed) ? again : null };
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

/** Whether it was stopped or killed; not one that goes on, has come to its end, or failed. */
function canGoOn({ info, history }: StoredFeed): boolean {
  const ending = endingOf(history.events)?.event;
  return !info.isLive && ending !== 'run-end' && ending !== 'error';
}
