//! `/products`.

use bytes::Bytes;
use commerce_api::{
    DecimalNumber, Problem, Sort,
    page::{Page, Pagination},
    product::{
        CreateProductRequest, CreateProductResponse, ProductListResponse, ProductResponse, ProductSummary,
        UpdateProductRequest, VariantResponse,
    },
};
use commerce_domain::{CategorySlug, Product, ProductId};
use http::{HeaderValue, Response, StatusCode, header};
use origin_core::{
    Backend,
    catalog::{
        ExpectedVersion, ListedProduct, ProductQuery, ProductSubject, ReadCatalog, change_product,
        create_product as create, delete_product as delete,
    },
};

use crate::{ApiError, call::Call, respond::json};

/// `GET /products`: a page of what shoppers see.
pub(crate) async fn list_products<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let [page, limit, category, sort] = call.query_fields(["page", "limit", "category", "sort"])?;
    let page = Page::parse(page.as_deref(), limit.as_deref())?;
    let category = category.map(|slug| slug.parse::<CategorySlug>()).transpose();
    let category = category.map_err(|error| Problem::invalid("category", error.to_string()))?;
    let sort = Sort::parse(sort.as_deref())?;
    let listed = backend.database().list_products(&ProductQuery { page, category, sort }).await?;
    let body = ProductListResponse {
        data: listed.products.into_iter().map(summary).collect(),
        pagination: Pagination::new(page, listed.total),
    };
    json(StatusCode::OK, &body)
}

fn summary(product: ListedProduct) -> ProductSummary {
    ProductSummary {
        id: product.id.to_string(),
        name: product.name,
        description: product.description,
        price: product.price.into(),
        currency: product.price.currency().to_string(),
        category: product.category.to_string(),
        brand: product.brand,
        image_url: product.image_url,
        stock: product.stock,
        rating: DecimalNumber(product.rating),
        review_count: product.review_count,
    }
}

/// `GET /products/{productId}`: a product in full, by its id or by a variant's.
pub(crate) async fn get_product<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let subject = subject(&call.parameter).ok_or_else(|| Problem::not_found("Product"))?;
    let product = backend.database().find_product(subject).await?.ok_or_else(|| Problem::not_found("Product"))?;
    in_full(&product)
}

fn subject(id: &str) -> Option<ProductSubject> {
    id.parse().map(ProductSubject::Product).or_else(|_| id.parse().map(ProductSubject::Variant)).ok()
}

/// `POST /products`. No object store is configured yet, so that no upload URL is handed out.
pub(crate) async fn create_product<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let request: CreateProductRequest = call.json()?;
    let product = create(backend.database(), backend.stock(), backend.clock(), backend.entropy(), &request).await?;
    let body = CreateProductResponse {
        id: product.id.to_string(),
        name: product.name.clone(),
        image_upload_url: None,
        variants: product.variants.iter().map(VariantResponse::of).collect(),
        created_at: product.created_at,
    };
    let mut response = with_etag(json(StatusCode::CREATED, &body)?, &product)?;
    let location = HeaderValue::try_from(format!("/v1/products/{}", product.id)).map_err(internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// `PUT /products/{productId}`: changes what is named and answers the product in full, also one that shoppers do not see.
pub(crate) async fn update_product<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: ProductId = call.id("Product")?;
    let request: UpdateProductRequest = call.json()?;
    let expected = expected_version(call);
    let (database, stock) = (backend.database(), backend.stock());
    let product = change_product(database, stock, backend.clock(), backend.entropy(), id, &expected, &request).await?;
    in_full(&product)
}

/// `DELETE /products/{productId}`.
pub(crate) async fn delete_product<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: ProductId = call.id("Product")?;
    delete(backend.database(), backend.clock(), backend.entropy(), id, &expected_version(call)).await?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// What `If-Match` says (RFC 9110, section 13.1.1). The tags of this resource are its version in quotes; any other tag
/// matches no version.
fn expected_version(call: &Call) -> ExpectedVersion {
    let values: Vec<&str> =
        call.parts.headers.get_all(header::IF_MATCH).iter().filter_map(|value| value.to_str().ok()).collect();
    let mut tags = values.iter().flat_map(|value| value.split(',')).map(str::trim).peekable();
    if tags.peek().is_none() || values.iter().any(|value| value.trim() == "*") {
        return ExpectedVersion::Any;
    }
    let version = |tag: &str| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok();
    ExpectedVersion::OneOf(tags.filter_map(version).collect())
}

fn in_full(product: &Product) -> Result<Response<Bytes>, ApiError> {
    let body = ProductResponse::of(product).ok_or_else(|| internal("a product without variants"))?;
    with_etag(json(StatusCode::OK, &body)?, product)
}

fn with_etag(mut response: Response<Bytes>, product: &Product) -> Result<Response<Bytes>, ApiError> {
    let tag = HeaderValue::try_from(format!("\"{}\"", product.version)).map_err(internal)?;
    response.headers_mut().insert(header::ETAG, tag);
    Ok(response)
}

fn internal(cause: impl ToString) -> ApiError {
    ApiError::Problem(Problem::internal(cause))
}

#[cfg(test)]
mod tests {
    use commerce_api::Route;
    use http::Request;

    use super::*;

    fn expected(values: &[&str]) -> ExpectedVersion {
        let mut request = Request::new(());
        for value in values {
            request.headers_mut().append(header::IF_MATCH, HeaderValue::from_str(value).unwrap());
        }
        let (parts, ()) = request.into_parts();
        let (request_id, parameter, body) = (String::new(), String::new(), Bytes::new());
        expected_version(&Call { request_id, route: Route::UpdateProduct, parameter, parts, body, principal: None })
    }

    #[test]
    fn if_match_names_versions_or_any() {
        assert_eq!(expected(&[]), ExpectedVersion::Any);
        assert_eq!(expected(&["*"]), ExpectedVersion::Any);
        assert_eq!(expected(&["\"3\""]), ExpectedVersion::OneOf(vec![3]));
        assert_eq!(expected(&["\"3\", \"4\"", "\"7\""]), ExpectedVersion::OneOf(vec![3, 4, 7]));
        for nothing in ["3", "W/\"3\"", "\"\"", "\"x\"", ""] {
            assert_eq!(expected(&[nothing]), ExpectedVersion::OneOf(vec![]), "{nothing}");
        }
    }
}
