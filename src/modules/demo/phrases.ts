// What templates are made of: in them `{a|b}` is one of the two and `@name` a value.

export type Template = readonly [subject: string, body: string];
/** Templates of an occasion: one, or several to choose from. */
export type Templates = Record<string, Template | readonly Template[]>;

export const hello = '{Hi|Hello|Good morning|Hi there},';
export const bye = '{Thanks|Many thanks|Best wishes|Cheers|Kind regards}, @name';
export const reply = '{Hi @name,|Hello @name,|Dear @name,|@name, hello again,}';
export const signed = '{Best wishes|Kind regards|All the best}, @user {|at Fellwheel|, Fellwheel customer service}';
