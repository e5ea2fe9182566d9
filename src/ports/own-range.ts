import {ephemeralRange, reservedPorts} from '../system/proc-net.ts';
import {rangeFor} from './range.ts';
import type {RangeAnswer, RangeQuestion} from './range.ts';

/** The port range of a user on this host, with what this kernel does with its ports. @throws AppsupError `PORT_RANGE` */
export function ownRange(question: Omit<RangeQuestion, 'ephemeral' | 'reserved'>): RangeAnswer {
  return rangeFor({...question, ephemeral: ephemeralRange(), reserved: reservedPorts()});
}
