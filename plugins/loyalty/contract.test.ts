// What every plugin must keep to.
import { pluginContract } from 'trato/plugin/testing';
import { plugin } from './index.ts';

pluginContract(plugin);
