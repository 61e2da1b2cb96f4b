// Kubernetes, a Job with `completionMode: Indexed`: each pod knows its index and its name, and nobody says how many there are.
// Such a pod's host name is the Job's with the index behind it, and under a headless Service that is its `subdomain` others find it as
// HOSTNAME.SERVICE.
// Source: kubernetes.io/docs, "Job", completion mode; "Job with Pod-to-Pod Communication".
import { isHostName } from '../../host-name.js';
import type { Scheduler, Sighting, Variables } from './scheduler.js';

const VARIABLES = { rank: ['JOB_COMPLETION_INDEX'], ranks: ['LOCKSTEP_RANKS'] };

export const kubernetes: Scheduler = {
  name: 'Kubernetes',
  variables: VARIABLES,
  hostHint: 'LOCKSTEP_SERVICE, the name of the headless Service that is the subdomain of its pods',
  coresHint: 'resources.limits.cpu of the container',
  read: (variables) => {
    const rank = variables.number(...VARIABLES.rank);
    if (rank === undefined) return undefined;
    const ranks = variables.number(...VARIABLES.ranks);
    return { rank, ranks, ...hostOf(variables, rank), outranks: 'launchers' };
  },
};

/** Where others find pod 0, if the variables that say it can be meant: a flag may say it in their place. */
function hostOf(variables: Variables, rank: number): Pick<Sighting, 'host' | 'hostFault'> {
  const service = variables.text('LOCKSTEP_SERVICE');
  if (service === undefined) return {};
  if (!isHostName(service)) {
    return {
      hostFault: `LOCKSTEP_SERVICE=${service}: expected the name of the headless Service, such as train or train.default.svc`,
    };
  }
  const pod = variables.text('HOSTNAME');
  const end = `-${rank}`;
  const job = pod?.endsWith(end) ? pod.slice(0, -end.length) : '';
  if (isHostName(job)) {
    return {
      host: { name: `${job}-0.${service}`, from: "pod 0 of HOSTNAME's Job in LOCKSTEP_SERVICE" },
    };
  }
  return {
    hostFault: `${pod === undefined ? 'HOSTNAME is not there' : `HOSTNAME=${pod}`}: expected the Job's name and ${end}, by JOB_COMPLETION_INDEX=${rank}, as an indexed Job names its pods`,
  };
}
