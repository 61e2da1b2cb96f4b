// Kubernetes, a Job with `completionMode: Indexed`: each pod knows its index and its name, and nobody says how many there are.
// Such a pod's host name is the Job's with the index behind it, and under a headless Service that is its `subdomain` others find it as
// HOSTNAME.SERVICE.
// Source: kubernetes.io/docs, "Job", completion mode; "Job with Pod-to-Pod Communication".
import type { Scheduler, Variables } from './scheduler.js';

export const kubernetes: Scheduler = {
  name: 'Kubernetes',
  needs: { rank: 'JOB_COMPLETION_INDEX', ranks: 'LOCKSTEP_RANKS' },
  hostHint: 'LOCKSTEP_SERVICE, the name of the headless Service that is the subdomain of its pods',
  coresHint: 'resources.limits.cpu of the container',
  read: (variables) => {
    const rank = variables.number('JOB_COMPLETION_INDEX');
    if (rank === undefined) return undefined;
    return { rank, ranks: variables.number('LOCKSTEP_RANKS'), host: hostOf(variables, rank) };
  },
};

function hostOf(variables: Variables, rank: number): { name: string; from: string } | undefined {
  const service = variables.text('LOCKSTEP_SERVICE');
  const pod = variables.text('HOSTNAME');
  const end = `-${rank}`;
  if (service === undefined || pod === undefined || !pod.endsWith(end)) return undefined;
  return {
    name: `${pod.slice(0, -end.length)}-0.${service}`,
    from: "pod 0 of HOSTNAME's Job in LOCKSTEP_SERVICE",
  };
}
