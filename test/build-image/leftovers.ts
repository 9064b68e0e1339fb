import type Docker from 'dockerode';

/** Ids of what a build may not leave in the engine: containers, networks and nameless images. */
export async function leftovers(docker: Docker): Promise<string[]> {
  const filters = { label: ['io.mdeploy.smoke=true'] };
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  const dangling = await docker.listImages({
    filters: { label: ['io.mdeploy.model.name=iris'], dangling: ['true'] },
  });
  return [...containers, ...networks, ...dangling].map(({ Id }) => Id);
}
