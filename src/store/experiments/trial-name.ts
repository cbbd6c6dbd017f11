/** Name of a run that only times its first steps. */
export const trialName = 'timing-a-few-steps'
