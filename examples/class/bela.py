"""Béla does everything right, in ways of her own. She prints a lot, and warns herself."""


def corr2d(X, K):
    k_h, k_w = K.shape
    windows = X.unfold(0, k_h, 1).unfold(1, k_w, 1)
    return torch.einsum("hwab,ab->hw", windows, K)


def out_shape(h, w, k_h, k_w):
    return [h + 1 - k_h, w + 1 - k_w]


def corr2d_multi_in(X, K):
    import sys
    import warnings

    warnings.warn("einsum may be slow for small tensors")
    print("X:", X.shape, "K:", K.shape, file=sys.stderr)
    _, k_h, k_w = K.shape
    return torch.einsum("chwab,cab->hw", X.unfold(1, k_h, 1).unfold(2, k_w, 1), K)


def expose_bugs():
    torch.manual_seed(7)
    return torch.randn(5, 8, 9), torch.randn(5, 4, 3)


def corr2d_multi_in_out(X, K):
    _, _, k_h, k_w = K.shape
    return torch.einsum("chwab,ocab->ohw", X.unfold(1, k_h, 1).unfold(2, k_w, 1), K)


def corr2d_fast(X, K):
    (_, h, w), (c_o, c_i, k_h, k_w) = X.shape, K.shape
    columns = torch.nn.functional.unfold(X[None], (k_h, k_w))[0]
    return (K.reshape(c_o, -1) @ columns).reshape(c_o, h - k_h + 1, w - k_w + 1)


def corr2d_multi_in_out_1x1(X, K):
    return torch.einsum("chw,oc->ohw", X, K[:, :, 0, 0])


WRITTEN = {
    "horizontal_edges": "Along a horizontal edge the left and the right neighbour are the same,"
    " so their difference is 0.",
    "what_sum_loses": "One number cannot tell (2, 0) from (0, 2) if both weights are 1. But the"
    " weights are learned, and a second filter (1, -1) tells them apart.",
    "pixel_mlp": "Every pixel goes through the same matrix. Two matrices in a row are one matrix,"
    " A(Bx) = (AB)x, so the ReLU in between makes it a network.",
}
