// The accounts of this process: one for each credential that was used lately, one for each address that sends none.
import type { Viewer } from '../../auth/viewer.ts';
import type { Database } from '../../db/database.ts';
import type { Limits } from '../../graphql/limits.ts';
import { type Account, type LeasedAccount, localAccount, openAccount } from './account.ts';
import { createLedger } from './ledger.ts';

export type Budgets = {
  /** The account that pays for the requests of a viewer, or of whoever is at this address without a credential. */
  accountOf(viewer: Viewer | null, address: string): Account;
  /** Hands back all that is not spent. */
  stop(): Promise<void>;
};

export type BudgetOptions = {
  /** Told when a budget cannot be asked: requests go on then, at the pace of the restore rate. */
  onFault?: (error: unknown) => void;
  /** Which part of the budget a process leases at a time; default a tenth. */
  slices?: number;
  /** How long an account may lie idle before its slice is handed back, in milliseconds. */
  idleMs?: number;
};

/** Addresses beyond these forget the one that came first: it starts with a full budget again. */
const MAX_ADDRESSES = 10_000;

/** Opens the budgets of a process; nothing is read before they are used. */
export function createBudgets(db: Database, limits: Limits, options: BudgetOptions = {}): Budgets {
  const { onFault, slices = 10, idleMs = 30_000 } = options;
  const accounts = new Map<string, LeasedAccount>();
  const addresses = new Map<string, Account>();
  const rate = { capacity: limits.costBudget, restore: limits.costRestore };
  const closing = new Set<Promise<void>>();

  function ofCredential({ workspaceId, credentialId }: Viewer): Account {
    const name = `${workspaceId}/${credentialId}`;
    let account = accounts.get(name);
    if (!account) {
      const ledger = createLedger(db, { workspaceId, credentialId }, rate);
      account = openAccount({ ...rate, ledger, slice: rate.capacity / slices, ...(onFault && { onFault }) });
      accounts.set(name, account);
    }
    return account;
  }

  function ofAddress(address: string): Account {
    let account = addresses.get(address);
    if (!account) {
      if (addresses.size >= MAX_ADDRESSES) addresses.delete(addresses.keys().next().value!);
      account = localAccount({ capacity: limits.anonymousBudget, restore: limits.anonymousRestore });
      addresses.set(address, account);
    }
    return account;
  }

  function close(account: LeasedAccount): Promise<void> {
    const closed = account.close().finally(() => closing.delete(closed));
    closing.add(closed);
    return closed;
  }

  const sweep = setInterval(() => {
    for (const [name, account] of accounts) {
      if (!account.idleSince(idleMs)) continue;
      accounts.delete(name);
      void close(account);
    }
  }, idleMs).unref();

  return {
    accountOf: (viewer, address) => (viewer ? ofCredential(viewer) : ofAddress(address)),
    async stop() {
      clearInterval(sweep);
      for (const account of accounts.values()) void close(account);
      accounts.clear();
      await Promise.all(closing);
    },
  };
}
