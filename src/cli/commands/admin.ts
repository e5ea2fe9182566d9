import type {Command} from '../context.ts';
import {checkSiteFile} from './admin-check.ts';

/** `appsup admin check [FILE]` */
export const admin: Command = async (context, {words: [, ...rest]}) => checkSiteFile(context, rest);
