//! The columns of Shopify's product CSV, and the few of our own for what Shopify has no column for.

/// Names the product; rows with the same handle in sequence are one product.
pub const HANDLE: &str = "Handle";
/// The product's name.
pub const TITLE: &str = "Title";
/// The product's description.
pub const BODY: &str = "Body (HTML)";
/// The product's brand.
pub const VENDOR: &str = "Vendor";
/// The product's category.
pub const TYPE: &str = "Type";
/// The product's labels, separated by commas.
pub const TAGS: &str = "Tags";
/// Whether shoppers see the product, unless [`STATUS`] hides it.
pub const PUBLISHED: &str = "Published";
/// `active`, or what hides the product: `draft`, `archived`. Kept with the product; only newer exports have it.
pub const STATUS: &str = "Status";
/// The names of the options.
pub const OPTION_NAMES: [&str; 3] = ["Option1 Name", "Option2 Name", "Option3 Name"];
/// The variant's value of each option.
pub const OPTION_VALUES: [&str; 3] = ["Option1 Value", "Option2 Value", "Option3 Value"];
/// The variant's SKU.
pub const SKU: &str = "Variant SKU";
/// The variant's weight.
pub const GRAMS: &str = "Variant Grams";
/// The variant's stock.
pub const QUANTITY: &str = "Variant Inventory Qty";
/// `deny` or `continue`: whether more may be sold than there is.
pub const POLICY: &str = "Variant Inventory Policy";
/// The variant's price. A row without one is an image.
pub const PRICE: &str = "Variant Price";
/// The image's URL.
pub const IMAGE_SRC: &str = "Image Src";
/// The image's place, from 1.
pub const IMAGE_POSITION: &str = "Image Position";
/// The image's alternative text.
pub const IMAGE_ALT: &str = "Image Alt Text";

/// Ours: the currency of the product's prices, where it is not the one the import assumes.
pub const CURRENCY: &str = "CloudCommerce / Currency";
/// Ours: the mean of the reviews.
pub const RATING: &str = "CloudCommerce / Rating";
/// Ours: how many reviews.
pub const REVIEW_COUNT: &str = "CloudCommerce / Review Count";
/// Ours: the specifications, a JSON object of texts.
pub const SPECIFICATIONS: &str = "CloudCommerce / Specifications";
/// Ours: how many may be sold beyond the stock, where that is not what `continue` stands for.
pub const BACKORDER_LIMIT: &str = "CloudCommerce / Variant Backorder Limit";

/// What `continue` in [`POLICY`] stands for: a counter needs a number.
pub const CONTINUE_LIMIT: u32 = 1000;

/// What every export has, in Shopify's order.
pub(super) const STANDARD: [&str; 47] = [
    HANDLE,
    TITLE,
    BODY,
    VENDOR,
    TYPE,
    TAGS,
    PUBLISHED,
    OPTION_NAMES[0],
    OPTION_VALUES[0],
    OPTION_NAMES[1],
    OPTION_VALUES[1],
    OPTION_NAMES[2],
    OPTION_VALUES[2],
    SKU,
    GRAMS,
    "Variant Inventory Tracker",
    QUANTITY,
    POLICY,
    "Variant Fulfillment Service",
    PRICE,
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Barcode",
    IMAGE_SRC,
    IMAGE_POSITION,
    IMAGE_ALT,
    "Gift Card",
    "SEO Title",
    "SEO Description",
    "Google Shopping / Google Product Category",
    "Google Shopping / Gender",
    "Google Shopping / Age Group",
    "Google Shopping / MPN",
    "Google Shopping / AdWords Grouping",
    "Google Shopping / AdWords Labels",
    "Google Shopping / Condition",
    "Google Shopping / Custom Product",
    "Google Shopping / Custom Label 0",
    "Google Shopping / Custom Label 1",
    "Google Shopping / Custom Label 2",
    "Google Shopping / Custom Label 3",
    "Google Shopping / Custom Label 4",
    "Variant Image",
    "Variant Weight Unit",
    "Variant Tax Code",
    "Cost per item",
];

/// Which part of a row a column without a place of its own is kept with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// With a field of its own.
    Placed,
    /// With the product, on its first row; on later rows with whatever the row holds.
    Product,
    /// With the variant, on every row that has one.
    Variant,
}

/// Where a column's cells are kept.
pub(super) fn owner(column: &str) -> Owner {
    const PLACED: [&str; 23] = [
        HANDLE,
        TITLE,
        BODY,
        VENDOR,
        TYPE,
        TAGS,
        PUBLISHED,
        STATUS,
        SKU,
        GRAMS,
        QUANTITY,
        POLICY,
        PRICE,
        IMAGE_SRC,
        IMAGE_POSITION,
        IMAGE_ALT,
        CURRENCY,
        RATING,
        REVIEW_COUNT,
        SPECIFICATIONS,
        BACKORDER_LIMIT,
        OPTION_NAMES[0],
        OPTION_VALUES[0],
    ];
    if PLACED.contains(&column) || OPTION_NAMES.contains(&column) || OPTION_VALUES.contains(&column) {
        Owner::Placed
    } else if column.starts_with("Variant ") || column == "Cost per item" {
        Owner::Variant
    } else {
        Owner::Product
    }
}
