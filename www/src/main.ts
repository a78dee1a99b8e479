// Where the page begins.

import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/classes.css';
import './styles/train.css';
import './styles/try.css';
import './styles/data.css';
import './styles/map.css';
import './styles/results.css';
import './styles/charts.css';
import './styles/why.css';
import './styles/privacy.css';
import './styles/overlays.css';
import './views/graft-app';
import { app } from './app';
import { listenForShortcuts } from './shortcuts';

listenForShortcuts();
void app.start();
