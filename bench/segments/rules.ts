// The rules of the segment benchmarks, in the form of the API.
type Rule = Record<string, unknown>;

/** Six clauses, two of them aggregates over what happened. */
export const sixClauses: Rule = {
  all: [
    { field: { country: { in: ['GB', 'DE'] } } },
    { any: [{ field: { tags: { has: 'newsletter' } } }, { field: { tags: { has: 'vip' } } }] },
    { stage: { notIn: ['lost'] } },
    { interactions: { where: { kinds: ['order_placed'] }, within: { days: 365 }, count: { gte: 1 } } },
    { interactions: { where: { kinds: ['order_placed'] }, sum: { of: 'VALUE', gte: '500' } } },
  ],
};

const kinds = ['order_placed', 'enquiry', 'email', 'website_visit', 'complaint'];

/** Fifty segments as a company has them: half look at what happened lately, a quarter at interactions of any kind; the others at what is known of the customer. */
export const fiftyRules: Rule[] = Array.from({ length: 50 }, (_, n) => {
  const kind = kinds[n % kinds.length]!;
  const city = { field: { city: { eq: ['London', 'Leeds', 'York'][n % 3] } } };
  if (n % 2 === 1)
    return {
      all: [
        city,
        { field: { tags: { has: ['newsletter', 'vip', 'trade'][n % 3] } } },
        { field: { createdAt: { withinLast: { days: 10 + n } } } },
      ],
    };
  if (n % 4 === 0) return { all: [city, { interactions: { within: { days: 10 + n }, count: { gte: 3 } } }] };
  return { all: [city, { interactions: { where: { kinds: [kind] }, last: { withinLast: { days: 1 + Math.floor(n / 10) } } } }] };
});

/** Nobody is in it before the benchmark records its interactions. */
export const entered: Rule = {
  interactions: { where: { kinds: ['order_placed'], outcomes: ['bench'] }, within: { days: 30 }, count: { gte: 1 } },
};
