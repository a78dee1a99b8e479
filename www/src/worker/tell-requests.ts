// The first import of every worker: what it asks the network for is told to its page.

import { tellRequests } from '../requests';

tellRequests();
