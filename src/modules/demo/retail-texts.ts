// What is said and written around private customers.
import { bye, hello, reply, signed, type Templates } from './phrases.ts';

export const retailTexts = {
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
  // The questions and their answers stand in the same order.
  chat: [
    ['Chat about the @product', '{Hi, quick question: is|Hello, is} the offer on the @product still on?'],
    ['Chat about the @product', '{Hello, can I|Hi! Could I} collect the @product in the {Manchester|Keswick} store today?'],
    ['Chat about the @product', '{How long is the warranty on|Is there a warranty on} the @product?'],
    ['Chat about the checkout', '{Hi! My basket with the @product will not check out.|Your checkout does not like my address.}'],
    ['Chat about a discount code', 'Can I use two discount codes {on the @product|in one order}?'],
  ],
  chatReply: [
    [
      'Re: chat about the @product',
      '{Yes, until Sunday midnight.|Just ended, I am afraid, but I can still give it to you today.} {Anything else I can do?|}',
    ],
    [
      'Re: chat about the @product',
      '{Yes, we have two left, I have put one aside under your name.|Tomorrow from ten, it comes with the morning van.} {See you then!|}',
    ],
    ['Re: chat about the @product', 'Two years, and five for club members. {Anything else I can do?|Enjoy it!|}'],
    [
      'Re: chat about the checkout',
      '{I can see the problem: the post code was missing. It works now.|Sorry about that, please try once more, I have cleared the basket.}',
    ],
    ['Re: chat about a discount code', 'One code per order, I am afraid, {but I can add free delivery.|so take the larger one.}'],
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
  campaign: [
    '@title',
    'Hello @name, @teaser {Only until Sunday.|While stocks last.|Club members save 10 % more.|} {Your Fellwheel team|See you on the fells, your Fellwheel team}',
  ],
  mailing: ['@title', 'Dear @name, @teaser {We would be glad to see you in one of our stores.|See you on the fells!} Your Fellwheel team'],
  response: [
    'Re: @title',
    '{Clicked through|Opened and clicked|Clicked twice}, {looked at the @product|put the @product in the basket|read the guide to @sport}.',
  ],
} as const satisfies Templates;
