// What is said and written between companies.
import { bye, hello, reply, signed, type Templates } from './phrases.ts';

export const tradeTexts = {
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
} as const satisfies Templates;
