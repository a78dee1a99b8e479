#!/usr/bin/env python3
"""Writes clipart.csv beside itself: Open Clip Art drawings in 8 classes, Debian's openclipart-png.

The classes are the collection's own top folders. Files that are in two of them are left out, and so
are series of one drawing (playing cards, chess sets, road signs). At most 60 a class, drawn at random.
"""
import collections, pathlib, random

ROOT = pathlib.Path('/usr/share/openclipart/png')
CLASSES = ['animals', 'buildings', 'food', 'people', 'plants', 'recreation', 'tools', 'transportation']
SERIES = ('cards', 'chess', 'roadsigns', 'aiga', 'religion', 'smilies', 'stickmen')

folders = collections.defaultdict(list)
for path in sorted(ROOT.rglob('*.png')):
    path = path.relative_to(ROOT)
    folders[path.name].append(path)
by_class = collections.defaultdict(list)
for name, paths in sorted(folders.items()):
    tops = {path.parts[0] for path in paths}
    if len(tops) == 1 and not any(part in str(paths[0]) for part in SERIES):
        by_class[tops.pop()].append(paths[0])
chance = random.Random(2)
lines = ['path,label']
for name in CLASSES:
    paths = by_class[name]
    paths = sorted(chance.sample(paths, min(60, len(paths))))
    lines += [f'{path},{name}' for path in paths]
pathlib.Path(__file__).with_name('clipart.csv').write_text('\n'.join(lines) + '\n')
