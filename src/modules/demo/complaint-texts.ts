// Complaints and what is answered.
import { bye, hello, reply, signed, type Templates } from './phrases.ts';

export const complaintTexts = {
  // The four cases of a complaint stand in the same order in all three.
  complaint: [
    [
      '{Unhappy with my @product|Problem with order @order|Faulty: @product}',
      `${hello} the @product {arrived damaged|came scratched all over|broke on the first day out|is not what the shop shows}. {This is not what I expect at that price.|I was going to use it this weekend.|I have been a customer for years and am disappointed.} ${bye}`,
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
} as const satisfies Templates;
