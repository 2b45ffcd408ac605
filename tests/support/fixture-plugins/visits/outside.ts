import { type ChannelHost, type NetworkHost, PermanentFailure } from 'trato/plugin';
import type { Config } from './index.ts';

export function addChannel(channels: ChannelHost, network: NetworkHost, { printer }: Config): void {
  channels.provide('post', {
    addressKind: 'EXTERNAL',
    addressSystem: 'address',
    async send(_ctx, { id, address, body }) {
      if (!printer) throw new PermanentFailure('No printer is configured.');
      const answer = await network(printer.url, {
        method: 'POST',
        // The printer knows by the key that it has printed this letter already.
        headers: { authorization: `Bearer ${printer.token}`, 'content-type': 'application/json', 'idempotency-key': id },
        body: JSON.stringify({ address, text: body }),
      });
      if (answer.status === 422) throw new PermanentFailure('The printer refused the letter.');
      if (answer.status !== 201) throw new Error(`the printer answered ${answer.status}`);
      return { externalId: (answer.json() as { letter: string }).letter };
    },
  });
}
