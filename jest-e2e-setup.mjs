// Real engines, networks and browsers on two busy cores: a test that fails is tried once more, and both outcomes are printed.
import { jest } from '@jest/globals';

jest.retryTimes(1, { logErrorsBeforeRetry: true, retryImmediately: true });
