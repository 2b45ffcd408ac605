// What people write and say: templates in which `{a|b}` is one of the two and `@name` a value.
import type { Random } from './random.ts';

/** One text made from a template. Throws for a value that the template names and nobody gave. */
export function write(random: Random, template: string, values: Record<string, string | number> = {}): string {
  let text = template;
  while (text.includes('{')) text = text.replace(/\{([^{}]*)\}/g, (_all, options: string) => random.pick(options.split('|')));
  text = text.replace(/@([a-z]+)/gi, (_all, name: string) => {
    if (values[name] === undefined) throw new Error(`no value for @${name} in "${template}"`);
    return String(values[name]);
  });
  return text
    .replace(/\s+([.,?!])/g, '$1')
    .replace(/ {2,}/g, ' ')
    .trim();
}

const hello = '{Hi|Hello|Good morning|Hi there},';
const bye = '{Thanks|Many thanks|Best wishes|Cheers|Kind regards}, @name';
const reply = '{Hi @name,|Hello @name,|Dear @name,|@name, hello again,}';
const signed = '{Best wishes|Kind regards|All the best}, @user {|at Fellwheel|, Fellwheel customer service}';

type Text = readonly [subject: string, body: string];

/** Subject and body of each occasion, or several of them. Values: name (of the customer), user, product, order, amount and the like. */
const texts = {
  order: [
    'Order @order',
    '@basket. {Delivery to @city|Sent to @city|To be delivered to @city}{|, leave with a neighbour|, standard delivery|, next-day delivery|, gift-wrapped}.',
  ],
  storeOrder: [
    'Purchase in the store, @order',
    '@basket. {Paid by card|Paid by card, receipt by e-mail|Paid with a gift card and card}.{| Asked about the club.| Tried three sizes.| Will be back for a fitting.}',
  ],
  phoneOrder: [
    'Order @order by phone',
    '@basket. {Could not finish in the web shop, card declined twice|Wanted advice on sizes first|Prefers to order by phone}.',
  ],
  cancelled: [
    'Cancellation of @order',
    '{Ordered the wrong size|Found it cheaper elsewhere|Delivery would come too late|Changed my mind|Ordered twice by mistake}, please cancel {@order|the whole order|it} and refund @amount.',
  ],
  delivery: [
    'Delivery of @order',
    'Fellwheel: your order @order {is out for delivery today|arrives tomorrow between @hour:00 and @hour:59|has been handed to Pennine Parcel Express}.',
  ],
  workshopReady: [
    'Your bike is ready',
    'Fellwheel workshop: your bike is ready to collect{| until 17:30 today| from tomorrow 10:00}. {New pads fitted|Gears indexed|Wheels trued|Bottom bracket replaced}, @amount to pay.',
  ],
  enquiry: [
    '{Question about the @product|Do you have the @product in stock?|Sizing of the @product}',
    `${hello} {do you have the @product in {large|medium|small|blue|black|green}?|which size of the @product would you recommend for somebody of 1.@height m?|would the @product be right for {a week in Scotland|winter commuting|a first season of @sport|children}?|what is the difference between the @product and last year's?} {I would need it by the end of next week.|No rush.|I am near Manchester on Saturday and could try it on.|} ${bye}`,
  ],
  enquiryReply: [
    'Re: your question about the @product',
    `${reply} {yes, we have it in stock in Keswick and can send it today.|we are waiting for a delivery, it should be here within ten days.|for your height I would take the larger one; returns are free if it does not fit.|it is a good choice for that, and many of our club members use it.} {Shall I put one aside for you?|Just reply to this message if you would like one reserved.|The link in the shop shows the measurements.|} ${signed}`,
  ],
  chat: [
    'Chat about the @product',
    '{Hi, quick question: is the @product still on offer?|Hello, can I collect the @product in the Manchester store today?|Does the @product come with a warranty?|Can I use two discount codes on the @product?|Hi! My basket with the @product will not check out.}',
  ],
  chatReply: [
    'Re: chat about the @product',
    '{Yes, until Sunday midnight.|It does, two years, and five for club members.|One code per order, I am afraid, but I can add free delivery.|We have two left in Manchester, I have put one aside under your name.|I can see the problem: the post code was missing. It works now.} {Anything else I can do?|Have a good ride!|}',
  ],
  // The four cases of a complaint stand in the same order in all three.
  complaint: [
    [
      '{Unhappy with my @product|Problem with order @order|Faulty: @product}',
      `${hello} the @product {arrived with a broken zip|came with a tear along the seam|came scratched all over|fell short of what the shop promises: it failed on the first day out}. {This is not what I expect at that price.|I was going to use it this weekend.|I have been a customer for years and am disappointed.} ${bye}`,
    ],
    [
      '{Still waiting for @order|Where is my order @order?}',
      `${hello} @order was promised for {Tuesday|last Friday|the weekend} and there is still no sign of it. {Tracking has not moved for days.|Nobody answers the carrier's phone.|We leave for our holidays tomorrow.} ${bye}`,
    ],
    [
      '{Parcel incomplete, @order|Missing item in @order}',
      `${hello} the parcel {came open|was a box too large for its contents} and the @product was missing. {The rest is fine.|It was a present, so please be quick.|} ${bye}`,
    ],
    [
      '{Charged twice for @order|Wrong amount for @order}',
      `${hello} I was charged twice for order @order, {see the attached statement|as my bank confirms}. {Please sort this out soon.|I expect the money back this week.} ${bye}`,
    ],
  ],
  apology: [
    [
      'Re: @order',
      `${reply} {I am sorry about this.|that should not have happened, and I apologise.} {Could you send a photo, so that we can take it up with the maker?|I have passed it to the workshop and will come back to you by tomorrow evening.} ${signed}`,
    ],
    [
      'Re: @order',
      `${reply} {sorry to keep you waiting.|thank you for telling us, and sorry for the trouble.} I have asked the carrier to trace the parcel and will write {tomorrow|as soon as I know more}. ${signed}`,
    ],
    [
      'Re: @order',
      `${reply} {sorry, that is our mistake.|thank you for telling us.} I am asking the warehouse to check {the packing list|their stock} and will come back to you today. ${signed}`,
    ],
    [
      'Re: @order',
      `${reply} {I am sorry about this.|I understand that this is annoying.} I am looking into the payment with our finance team. ${signed}`,
    ],
  ],
  resolution: [
    [
      'Re: @order',
      `${reply} {a replacement left us today by express, at no cost to you.|we have repaired it and sent it back this morning.|the refund of @amount is on its way and should show within three days.} {As an apology there is a voucher of £15 in your account.|Thank you for your patience.} ${signed}`,
    ],
    [
      'Re: @order',
      `${reply} {the carrier found the parcel, it will be with you tomorrow.|the parcel is lost, so a new one left us this morning by express.} {There is a voucher of £15 in your account for the trouble.|Should the first one turn up, please just refuse it.} ${signed}`,
    ],
    [
      'Re: @order',
      `${reply} {the missing item left us today by express.|it had stayed on the packing table; it is on its way to you now.} {Thank you for your patience.|} ${signed}`,
    ],
    [
      'Re: @order',
      `${reply} the second payment {has been cancelled|of @amount has been refunded} and should be gone from your statement within three days. ${signed}`,
    ],
  ],
  thanks: [
    'Re: @order',
    '{Thank you, that was quick in the end.|All good now, thanks @user.|Received, fits perfectly. Thank you!|Thanks for sorting it out, much appreciated.}',
  ],
  return: [
    'Return of the @product, @order',
    '{Too small, will reorder one size up.|Not the colour it looked on the screen.|Was a present, they have one already.|Unused, simply not needed any more.} Return label sent.',
  ],
  workshop: [
    '{Full service|Brake service|Gear tuning|Puncture and tyre change|Winter check|Warranty repair}',
    '{Brought the bike in before work|Booked online for today|Came by without an appointment}. {Rear brake rubs, gears skip under load.|Wants it ready for {a sportive on Sunday|the commute tomorrow|the holidays}.|Creaking from the bottom bracket.} {Estimate £@price.|Agreed to up to £@price.}',
  ],
  visit: [
    '{Store visit in Manchester|Store visit in Keswick}',
    '{Looked at the @product, wants to think about it.|Came for advice on @sport, left with a catalogue.|Tried on the @product in two sizes.|Asked when the new season arrives.|Collected an order and had a look round.}',
  ],
  page: [
    '{Looked at the @product|Compared products for @sport|Read the guide to @sport|Left a basket with the @product}',
    '{@n pages in @m minutes.|Came from a search, @n pages.|Came from the newsletter, @n pages.|Put the @product in the basket and left.}',
  ],
  feedback: [
    '{Review of the @product|Post about the @product|Mentioned us in a post}',
    '{Third season with the @product and it still does the job. Brilliant.|Took the @product round the Fred Whitton, faultless.|Great advice from @user in the store, could not be happier with the @product.|If you are looking for a @product: these people know what they sell.|The @product is good, delivery could be faster.}',
  ],
  survey: [
    'How was order @order?',
    '{Quick delivery, well packed.|Good range, fair prices.|Everything as described.|Helpful people on the phone.|Website is a bit slow, otherwise fine.|The box was far too big.|Delivery took longer than promised.}',
  ],
  poorSurvey: [
    'How was order @order?',
    '{Two days late and no word from anybody.|Wrong colour, and the return took weeks.|Could not reach anyone by phone.|Expected better quality for the price.}',
  ],
  signup: [
    'Newsletter sign-up',
    '{Signed up in the web shop|Signed up at the till|Signed up for the guide to @sport|Took part in the prize draw}.',
  ],
  unsubscribe: ['Newsletter cancelled', '{Too many e-mails.|Not interested any more.|No reason given.|Moved abroad.}'],
  event: [
    [
      'Demo day at Whinlatter',
      '{Test rode two bikes|Came with a friend|Tried a helmet and the @product}. {Wants to think about it.|Asked for an offer.|Very enthusiastic.}',
    ],
    [
      'Club ride, 60 km',
      '{Rode with the fast group|Rode with the easy group|First ride with us}. {Stayed for cake.|One puncture, mended on the road.|Asked about membership.}',
    ],
    [
      'Evening talk: bikepacking the Cairngorms',
      '{Stayed to the end and asked about routes.|Came with a friend.|Bought a map afterwards.}',
    ],
    ['Mending evening in the Keswick store', '{Brought an old jacket for a new zip.|Learned to true a wheel.|Helped others at the stand.}'],
  ],
  note: [
    'Note',
    '{Prefers to be called after six.|Training for an event in summer, will need new kit.|Partner has a birthday soon, asked about gift cards.|Moving house next month, ask for the new address.|Very happy with the last service.|Interested in the club, told about the benefits.}',
  ],
  club: [
    '{Club: your year in kilometres|Club: member evening in Keswick|Club: thank you from all of us}',
    '{Hello @name, thank you for @n orders with us. Your member price is now 10 % below the shop.|Hello @name, the next ride starts Sunday at nine from the Keswick store.|Hello @name, as a member you see the new season two days before everybody else.}',
  ],
  callIn: [
    [
      '{Question about delivery dates|Stock for the season}',
      '@contact {asked when the next delivery of the @product is due|asked about lead times for spring|wanted to know what is in stock of the @product}. {Sent by e-mail after the call.|Will call back on Thursday.|Sorted on the phone.}',
    ],
    [
      '{Price list|Prices for larger numbers}',
      '@contact wanted prices for {20|50|a dozen} of the @product. {Sent the current list.|Quote to follow.}',
    ],
    [
      'Invoice query',
      '@contact {asked for a copy of the last invoice|thinks the last invoice is without the agreed discount|wants invoices by e-mail from now on}. {Done.|Passed to finance.}',
    ],
    [
      'Change to an order',
      '@contact wants to {change the delivery address|add two boxes|have it a week later}. {Changed while on the phone.|Too late for this one, next time.}',
    ],
  ],
  callOut: [
    [
      '{Season planning|New lines for spring}',
      '{Spoke with @contact|Short call with @contact}: {budget is decided next month|would like to see the @product|happy with the range, wants better display material}. {Send samples.|Prepare a quote.|Call again in a fortnight.}',
    ],
    [
      'Follow-up to the quote',
      '{Reached @contact at the second attempt|Spoke with @contact}: {competitor offers 5 % more, wants us to match|likes it, the board decides on Monday|needs another two weeks}. {Call again in a fortnight.|Check with Tom what we can do.}',
    ],
    [
      'Checking in',
      '{Spoke with @contact|Short call with @contact}: {stock is moving well, reorder likely in two weeks|quiet month, nothing needed|new colleague for purchasing from next month}. {No action.|Send the new contact the price list.}',
    ],
    [
      'Overdue invoice',
      '@contact {will pay this week|says it was paid on Friday|found the invoice in the wrong folder}. {Check on Monday.|No action.}',
    ],
  ],
  noAnswer: [
    '{Season planning|Follow-up to the quote|Checking in}',
    '{No answer, left a message.|In a meeting, will call back.|Voicemail.}',
  ],
  meeting: [
    '{Quarterly review|Range presentation|Season preview|Annual agreement|First meeting}',
    'With @contact at their place in @city. {Went through last season by category|Showed the new @product and the rest of the range|Talked about payment terms and returns|Agreed a shared promotion for the bank holiday}. {They expect 10 % growth.|Main wish: smaller minimum quantities.|They want exclusive colours for the region.|Margins under pressure, still keen on the partnership.} {Next: send a quote.|Next: call in two weeks.|Next: visit the warehouse.}',
  ],
  quote: [
    'Quote Q-@number for @what',
    `${reply} {as discussed, our quote for @what is attached|here is the quote for @what you asked for}: @amount {excluding VAT|delivered}, valid for 30 days. {Prices hold for repeat orders this season.|Delivery within ten working days.|We can split the delivery in two.} ${signed}`,
  ],
  // Accepted, declined, and still open.
  quoteReply: [
    [
      'Re: Quote Q-@number',
      `{Hello|Hi} @user, {that works for us, please go ahead.|looks good, we will order through the portal.|fine by us, thank you for the quick answer.} ${bye}`,
    ],
    [
      'Re: Quote Q-@number',
      `{Hello|Hi} @user, {thank you, we have decided against it this time.|another supplier was cheaper, sorry.|the budget was cut, perhaps next season.} ${bye}`,
    ],
    [
      'Re: Quote Q-@number',
      `{Hello|Hi} @user, {we have to wait for the board, back in two weeks.|can you do something about the price of the second line?|could you split it into two deliveries?} ${bye}`,
    ],
  ],
  tradeOrder: [
    'Purchase order @order',
    '@basket. {Deliver to the main store|Deliver to @city|Split over two deliveries|Call before delivery}. {Terms 30 days net.|As quoted.|}',
  ],
  tradeMail: [
    [
      '{Display material for the season|Material for the shop window}',
      `${hello} could you send us display material for the @product? {Two sets would do.|Our window is empty from Monday.|} ${bye}`,
    ],
    ['Delivery note missing', `${hello} the delivery note of @order was not in the box, could you mail it? ${bye}`],
    [
      'New opening hours',
      `${hello} from next month we {open on Sundays too|close at noon on Wednesdays}, please note it for deliveries. ${bye}`,
    ],
    [
      '{New address for invoices|Change of our bank details}',
      `${hello} please find {our new address for invoices|the details} attached. {Please confirm by phone.|} ${bye}`,
    ],
  ],
  payment: [
    'Payment for @order',
    '{Paid in full by bank transfer.|Paid by direct debit.|Paid, less 2 % for early payment.|Part payment, the rest follows at the end of the month.}',
  ],
  dunning: [
    'Reminder: invoice for @order',
    'Dear @name, {our invoice for @order over @amount is due since last week|we have not yet received your payment of @amount for @order}. {Please ignore this letter if you have paid meanwhile.|Please let us know if something is wrong with the invoice.}',
  ],
  fleet: [
    '{Fleet service, @n bikes|Brake recall check|E-bike battery check|Start of season service}',
    'On site in @city: @n bikes checked, {@m need new brake pads|@m chains replaced|two wheels taken along for truing|all fit for the season}. {Signed off by @contact.|Second visit needed.|}',
  ],
  campaign: [
    '@title',
    'Hello @name, @teaser {Only until Sunday.|While stocks last.|Club members save 10 % more.|} {Your Fellwheel team|See you on the fells, your Fellwheel team}',
  ],
  response: [
    'Re: @title',
    '{Clicked through|Opened and clicked|Clicked twice}, {looked at the @product|put the @product in the basket|read the guide to @sport}.',
  ],
  supplierMail: [
    [
      'Delivery schedule',
      `{Hello|Dear} @user, the next {container|delivery} {lands two weeks later than planned.|is on time and leaves on Monday.|comes in two parts, the second in three weeks.} ${bye}`,
    ],
    [
      'Terms from next quarter',
      `{Hello|Dear} @user, our prices {rise by 3 % from the next quarter.|stay as they are until the summer.} {The new list is attached.|} ${bye}`,
    ],
    [
      '{Samples|Something new}',
      `{Hello|Dear} @user, {samples of the new season are on their way to you.|have a look at the attached, it might be something for your stores.} ${bye}`,
    ],
    ['Forecast for the season', `{Hello|Dear} @user, could you confirm your forecast {until Friday|by the end of the month}? ${bye}`],
  ],
  supplierCall: [
    [
      'Late delivery',
      '{Spoke with @contact|Call with @contact}: will be two weeks late, {air freight for the urgent half|they pay for express}.',
    ],
    [
      '{Returns and warranty|Quality}',
      '{Spoke with @contact|Call with @contact}: agreed {to share the cost of returns|on photos instead of sending everything back}.',
    ],
    [
      'Event in summer',
      '{Spoke with @contact|Call with @contact}: they bring {a stand and two people|a tent and a band}, we bring the bikes.',
    ],
  ],
} as const satisfies Record<string, Text | readonly Text[]>;

export type Occasion = keyof typeof texts;

/** The templates of an occasion; `variant` says which where it has several, any unless told. */
export function templatesFor(random: Random, occasion: Occasion, variant?: number): Text {
  const known: Text | readonly Text[] = texts[occasion];
  if (typeof known[0] === 'string') return known as Text;
  return variant === undefined ? random.pick(known as readonly Text[]) : (known as readonly Text[])[variant]!;
}
