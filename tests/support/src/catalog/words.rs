//! The words that catalogs are made of.

/// What tells the variants of a product apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OptionKind {
    None,
    Colour,
    ShoeSize,
    Storage,
    SizeAndColour,
}

impl OptionKind {
    /// What each further variant costs more.
    pub(super) fn price_step_cents(self) -> u64 {
        if self == Self::Storage { 50_00 } else { 0 }
    }
}

/// A category with products.
pub(super) struct Leaf {
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    pub(super) parent: &'static str,
    pub(super) sku: &'static str,
    pub(super) brands: &'static [&'static str],
    pub(super) styles: &'static [&'static str],
    pub(super) nouns: &'static [&'static str],
    pub(super) uses: &'static [&'static str],
    pub(super) materials: &'static [&'static str],
    pub(super) specifications: &'static [(&'static str, &'static [&'static str])],
    pub(super) options: OptionKind,
    pub(super) price_dollars: (u64, u64),
    pub(super) weight_grams: (u64, u64),
}

pub(super) const ROOTS: &[(&str, &str)] =
    &[("electronics", "Electronics"), ("clothing", "Clothing"), ("home", "Home"), ("outdoor", "Outdoor")];

pub(super) const LINES: &[&str] = &[
    "Alder", "Atlas", "Aurora", "Birch", "Brook", "Cedar", "Coral", "Delta", "Echo", "Ember", "Fjord", "Harbor",
    "Indigo", "Juniper", "Lumen", "Meadow", "Nimbus", "Nova", "Orchard", "Pacific", "Quartz", "Ridge", "Sierra",
    "Summit", "Tidal", "Vega", "Willow", "Zephyr",
];

pub(super) const PRAISE: &[&str] = &[
    "It is light, quiet and easy to care for.",
    "Small details make it a pleasure to use every day.",
    "It was tested for years of hard use.",
    "Spare parts are available for ten years.",
    "It comes in packaging without plastic.",
    "Nothing about it is louder than it needs to be.",
    "It does one thing and does it well.",
];

pub(super) const TAGS: &[&str] = &[
    "bestseller",
    "eco",
    "gift",
    "handmade",
    "limited",
    "new",
    "organic",
    "premium",
    "recycled",
    "sale",
    "small-batch",
    "summer",
    "travel",
    "vegan",
    "winter",
];

pub(super) const COLOURS: &[&str] = &["Black", "White", "Navy", "Forest", "Sand", "Rust", "Slate", "Plum"];
pub(super) const SIZES: &[&str] = &["XS", "S", "M", "L", "XL", "XXL"];
pub(super) const SHOE_SIZES: &[&str] = &["38", "39", "40", "41", "42", "43", "44", "45"];
pub(super) const STORAGE: &[&str] = &["128 GB", "256 GB", "512 GB", "1 TB"];

pub(super) const LEAVES: &[Leaf] = &[
    Leaf {
        slug: "audio",
        name: "Audio",
        parent: "electronics",
        sku: "AUD",
        brands: &["Halcyon", "Northtone", "Basswood", "Clearfield"],
        styles: &["Wireless", "Studio", "Compact", "Noise-Cancelling", "Open-Back"],
        nouns: &["Headphones", "Earbuds", "Speaker", "Soundbar", "Turntable"],
        uses: &["long flights", "small rooms", "late-night listening", "the commute"],
        materials: &["aluminium", "recycled plastic", "walnut"],
        specifications: &[
            ("battery", &["12 hours", "24 hours", "30 hours", "40 hours"]),
            ("bluetooth", &["5.2", "5.3", "5.4"]),
        ],
        options: OptionKind::Colour,
        price_dollars: (29, 449),
        weight_grams: (50, 3200),
    },
    Leaf {
        slug: "computers",
        name: "Computers & Tablets",
        parent: "electronics",
        sku: "CMP",
        brands: &["Kestrel", "Monolith", "Papertrail", "Quillon"],
        styles: &["Slim", "Rugged", "Silent", "Everyday", "Pro"],
        nouns: &["Laptop", "Tablet", "Mini PC", "E-Reader"],
        uses: &["work on the road", "school", "photo editing", "reading in the sun"],
        materials: &["aluminium", "magnesium", "glass"],
        specifications: &[
            ("memory", &["8 GB", "16 GB", "32 GB"]),
            ("display", &["10.3 inch", "13.4 inch", "14 inch", "16 inch"]),
        ],
        options: OptionKind::Storage,
        price_dollars: (149, 1899),
        weight_grams: (180, 2400),
    },
    Leaf {
        slug: "wearables",
        name: "Wearables",
        parent: "electronics",
        sku: "WEA",
        brands: &["Pulsar", "Tern", "Wayfare"],
        styles: &["Sport", "Classic", "Trail", "Kids'"],
        nouns: &["Smart Watch", "Fitness Band", "Heart Rate Strap"],
        uses: &["training", "sleep tracking", "open water", "long hikes"],
        materials: &["silicone", "titanium", "steel"],
        specifications: &[
            ("water resistance", &["30 m", "50 m", "100 m"]),
            ("battery", &["3 days", "7 days", "14 days"]),
        ],
        options: OptionKind::Colour,
        price_dollars: (25, 399),
        weight_grams: (20, 90),
    },
    Leaf {
        slug: "shirts",
        name: "Shirts & Tops",
        parent: "clothing",
        sku: "SHI",
        brands: &["Cotton & Pine", "Harrow", "Little Loom"],
        styles: &["Relaxed", "Fitted", "Striped", "Heavyweight", "Linen"],
        nouns: &["T-Shirt", "Oxford Shirt", "Polo", "Henley", "Blouse"],
        uses: &["warm days", "the office", "layering", "weekends"],
        materials: &["organic cotton", "linen", "merino wool"],
        specifications: &[("fit", &["relaxed", "regular", "slim"]), ("care", &["30 °C", "40 °C", "hand wash"])],
        options: OptionKind::SizeAndColour,
        price_dollars: (15, 95),
        weight_grams: (120, 380),
    },
    Leaf {
        slug: "outerwear",
        name: "Outerwear",
        parent: "clothing",
        sku: "OUT",
        brands: &["Harrow", "Stormlea", "Wool & Wind"],
        styles: &["Waterproof", "Quilted", "Insulated", "Packable", "Waxed"],
        nouns: &["Parka", "Rain Jacket", "Vest", "Coat", "Anorak"],
        uses: &["wet winters", "windy coasts", "city cycling", "cold mornings"],
        materials: &["recycled nylon", "waxed cotton", "boiled wool"],
        specifications: &[("water column", &["none", "5,000 mm", "10,000 mm", "20,000 mm"])],
        options: OptionKind::SizeAndColour,
        price_dollars: (49, 389),
        weight_grams: (250, 1600),
    },
    Leaf {
        slug: "shoes",
        name: "Shoes",
        parent: "clothing",
        sku: "SHO",
        brands: &["Cobble", "Farrier", "Stride & Son"],
        styles: &["Leather", "Canvas", "Trail", "Running", "Felt"],
        nouns: &["Sneakers", "Boots", "Loafers", "Sandals", "Slippers"],
        uses: &["city walks", "muddy paths", "the first five kilometres", "evenings at home"],
        materials: &["leather", "canvas", "recycled mesh", "wool felt"],
        specifications: &[("sole", &["rubber", "crepe", "cork"])],
        options: OptionKind::ShoeSize,
        price_dollars: (29, 229),
        weight_grams: (300, 1500),
    },
    Leaf {
        slug: "kitchen",
        name: "Kitchen",
        parent: "home",
        sku: "KIT",
        brands: &["Copper Larder", "Ovenbird", "Saltbox", "Whisk & Co"],
        styles: &["Cast-Iron", "Stoneware", "Everyday", "Enamelled", "Professional"],
        nouns: &["Skillet", "Kettle", "Chef's Knife", "Mixing Bowl", "Casserole", "Coffee Grinder"],
        uses: &["Sunday roasts", "small kitchens", "bread at home", "slow mornings"],
        materials: &["cast iron", "stainless steel", "stoneware", "oak"],
        specifications: &[("dishwasher", &["yes", "no"])],
        options: OptionKind::Colour,
        price_dollars: (9, 299),
        weight_grams: (150, 5200),
    },
    Leaf {
        slug: "lighting",
        name: "Lighting",
        parent: "home",
        sku: "LIG",
        brands: &["Dimmer House", "Lanternworks", "Plain Glow"],
        styles: &["Bedside", "Pendant", "Arc", "Dimmable", "Paper"],
        nouns: &["Lamp", "Lantern", "Spotlight", "Floor Lamp"],
        uses: &["reading corners", "long tables", "hallways", "desks"],
        materials: &["brass", "paper", "opal glass", "ash wood"],
        specifications: &[("socket", &["E14", "E27", "GU10"]), ("light", &["2700 K", "3000 K", "4000 K"])],
        options: OptionKind::Colour,
        price_dollars: (19, 349),
        weight_grams: (300, 7000),
    },
    Leaf {
        slug: "furniture",
        name: "Furniture",
        parent: "home",
        sku: "FUR",
        brands: &["Joinery Lane", "Oakhurst", "Plain Glow"],
        styles: &["Solid", "Folding", "Upholstered", "Low", "Stackable"],
        nouns: &["Chair", "Side Table", "Bookcase", "Bench", "Sofa", "Desk"],
        uses: &["small flats", "reading", "guests", "work at home"],
        materials: &["oak", "ash", "powder-coated steel", "wool"],
        specifications: &[("assembly", &["none", "ten minutes", "half an hour"])],
        options: OptionKind::None,
        price_dollars: (59, 1499),
        weight_grams: (2500, 60_000),
    },
    Leaf {
        slug: "garden",
        name: "Garden",
        parent: "outdoor",
        sku: "GAR",
        brands: &["Barrow & Bloom", "Fernside", "Spade Row"],
        styles: &["Terracotta", "Galvanised", "Hanging", "Self-Watering", "Forged"],
        nouns: &["Plant Pot", "Watering Can", "Trowel", "Bird Feeder", "Planter"],
        uses: &["balconies", "raised beds", "herbs on the sill", "winter birds"],
        materials: &["clay", "zinc", "oak", "forged steel"],
        specifications: &[("frost-proof", &["yes", "no"])],
        options: OptionKind::None,
        price_dollars: (6, 129),
        weight_grams: (120, 9000),
    },
    Leaf {
        slug: "camping",
        name: "Camping & Hiking",
        parent: "outdoor",
        sku: "CAM",
        brands: &["Basecamp Nine", "Pine Marten", "Stormlea"],
        styles: &["Ultralight", "Three-Season", "Family", "Folding", "Insulated"],
        nouns: &["Tent", "Sleeping Bag", "Backpack", "Stove", "Water Bottle"],
        uses: &["long trails", "rainy weekends", "festival nights", "high camps"],
        materials: &["ripstop nylon", "titanium", "steel", "recycled polyester"],
        specifications: &[("season", &["summer", "three seasons", "four seasons"])],
        options: OptionKind::Colour,
        price_dollars: (12, 649),
        weight_grams: (90, 6500),
    },
];
