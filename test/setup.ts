import fc from 'fast-check';

// The same runs every time, so that a red run is the change's doing; MDEPLOY_SEED=random looks for new ones.
const seed = process.env.MDEPLOY_SEED ?? '20261121';
fc.configureGlobal(seed === 'random' ? {} : { seed: Number(seed) });
