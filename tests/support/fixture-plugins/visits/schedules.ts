import { type SchedulesHost, sql } from 'trato/plugin';

export function addSchedules(schedules: SchedulesHost): void {
  schedules.every('missed', 3_600, async (ctx) => {
    for (const { id } of await ctx.workspaces()) {
      if (ctx.signal.aborted) return;
      await ctx.inWorkspace(id, async (write) => {
        await write.sql(sql`
          update visits set state = 'MISSED'
          where workspace_id = ${id} and state = 'PLANNED' and day < ${ctx.now}::date`);
      });
    }
  });
}
