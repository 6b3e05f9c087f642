/** What one can like about a place. */
export const likings = ['food', 'art', 'nature', 'music'] as const;
export type Liking = (typeof likings)[number];

export interface Place {
  readonly name: string;
  readonly symbol: string;
  /** One sight for each day that is planned. */
  readonly sights: Readonly<Record<Liking, readonly [string, string, string]>>;
  /** What a day costs one person, in euros. */
  readonly dayCost: number;
  /** What one is glad to have there. */
  readonly bag: readonly string[];
}

/** All that the planner knows of the world. */
export const places: readonly Place[] = [
  {
    name: 'Kyoto',
    symbol: '⛩️',
    sights: {
      food: ['the stalls of Nishiki market', 'tofu and pickles near Nanzen-ji', 'matcha and sweets in Uji'],
      art: ['the rock garden of Ryōan-ji', 'the weavers of Nishijin', 'the screens of Nijō castle'],
      nature: ['the bamboo of Arashiyama', "the Philosopher's Path", 'the red gates of Fushimi Inari'],
      music: ['an evening of dances in Gion', 'a jazz café by the river Kamo', 'the bell of Chion-in'],
    },
    dayCost: 95,
    bag: ['shoes that are off in a moment', 'a small umbrella', 'coins for the shrines'],
  },
  {
    name: 'Lisbon',
    symbol: '🚋',
    sights: {
      food: ['custard tarts in Belém', 'grilled sardines in Alfama', 'the counters of the Ribeira market'],
      art: ['the tiles of the Azulejo museum', 'the Gulbenkian collection', 'the galleries of Marvila'],
      nature: ['the garden of Estrela', 'the cliffs of Cabo da Roca', 'the woods of Sintra'],
      music: ['fado in a tavern of Mouraria', 'jazz at the Hot Clube', 'a morna by the docks'],
    },
    dayCost: 80,
    bag: ['soles that hold on wet cobbles', 'a light jacket for the evening wind', 'sunglasses'],
  },
  {
    name: 'Reykjavik',
    symbol: '🌋',
    sights: {
      food: ['lamb soup by the old harbour', 'ice cream of rye bread', 'a hot dog with everything'],
      art: ['the sculptures of Ásmundur', 'the paintings of Kjarval', 'the glass front of Harpa'],
      nature: ['the hot pools of Laugardalur', 'the geysers of Haukadalur', 'Þingvellir, between two continents'],
      music: ['a concert at Harpa', 'the records of 12 Tónar', 'a choir in Hallgrímskirkja'],
    },
    dayCost: 140,
    bag: ['a bathing suit', 'wool, in three layers', 'a mask to sleep in the bright night'],
  },
  {
    name: 'Vienna',
    symbol: '🎻',
    sights: {
      food: ['breakfast at the Naschmarkt', 'a Melange in an old café', 'new wine in Grinzing'],
      art: ['Bruegel at the Kunsthistorisches', 'Klimt at the Belvedere', 'the houses of Hundertwasser'],
      nature: ['the gardens of Schönbrunn', 'the vineyards of the Kahlenberg', 'a boat through the Lobau'],
      music: ['standing room at the State Opera', 'the House of Music', 'a concert at the Musikverein'],
    },
    dayCost: 100,
    bag: ['something to wear to the opera', 'comfortable shoes', 'a book for the café'],
  },
];
