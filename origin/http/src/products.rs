//! `/products`.

use bytes::Bytes;
use commerce_api::{
    DecimalNumber, Problem,
    product::{
        CreateProductRequest, CreateProductResponse, ProductResponse, ProductSummary, UpdateProductRequest,
        VariantResponse,
    },
};
use commerce_domain::{Product, ProductId};
use http::{HeaderValue, Response, StatusCode, header};
use origin_core::{
    Backend,
    catalog::{
        ListedProduct, ProductRequest, ProductSubject, ReadCatalog, change_product, create_product as create,
        delete_product as delete, write_once,
    },
};

use crate::{
    ApiError,
    call::Call,
    respond::{answer, json, stored, with_version},
};

pub(crate) fn summary(product: ListedProduct) -> ProductSummary {
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
    let body: CreateProductRequest = call.json()?;
    let request = request(call)?;
    let created = write_once(backend, &request, |claim| async move {
        let product = create(backend, claim.as_ref(), &body).await?;
        Ok(call.kept(created(&product)))
    });
    answer(created.await?)
}

fn created(product: &Product) -> Result<Response<Bytes>, ApiError> {
    let body = CreateProductResponse {
        id: product.id.to_string(),
        name: product.name.clone(),
        image_upload_url: None,
        variants: product.variants.iter().map(VariantResponse::of).collect(),
        created_at: product.created_at,
    };
    let mut response = with_version(json(StatusCode::CREATED, &body)?, product.version)?;
    let location = HeaderValue::try_from(format!("/v1/products/{}", product.id)).map_err(internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// `PUT /products/{productId}`: changes what is named and answers the product in full, also one that shoppers do not see.
pub(crate) async fn update_product<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: ProductId = call.id("Product")?;
    let body: UpdateProductRequest = call.json()?;
    let request = request(call)?;
    let changed = write_once(backend, &request, |claim| async move {
        let product = change_product(backend, claim.as_ref(), id, &call.expected_version(), &body).await?;
        Ok(call.kept(in_full(&product)))
    });
    answer(changed.await?)
}

/// `DELETE /products/{productId}`.
pub(crate) async fn delete_product<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let id: ProductId = call.id("Product")?;
    let request = request(call)?;
    let deleted = write_once(backend, &request, |claim| async move {
        delete(backend, claim.as_ref(), id, &call.expected_version()).await?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        Ok(stored(response))
    });
    answer(deleted.await?)
}

fn request(call: &Call) -> Result<ProductRequest<'_>, ApiError> {
    Ok(ProductRequest {
        principal: call.principal()?,
        route: call.route,
        key: call.idempotency_key()?,
        request_hash: call.request_hash(),
    })
}

fn in_full(product: &Product) -> Result<Response<Bytes>, ApiError> {
    let body = ProductResponse::of(product).ok_or_else(|| internal("a product without variants"))?;
    with_version(json(StatusCode::OK, &body)?, product.version)
}

fn internal(cause: impl ToString) -> ApiError {
    ApiError::Problem(Problem::internal(cause))
}
