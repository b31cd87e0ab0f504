"""Kofi gets the values right and the shapes wrong."""


def corr2d(X, K):
    h, w = K.shape
    Y = torch.zeros_like(X)
    for i in range(X.shape[0] - h + 1):
        for j in range(X.shape[1] - w + 1):
            Y[i, j] = (X[i : i + h, j : j + w] * K).sum()
    return Y


def out_shape(h, w, k_h, k_w):
    return h - k_h, w - k_w


def corr2d_multi_in(X, K):
    return torch.stack([corr2d(x, k) for x, k in zip(X, K)]).sum(0, keepdim=True)


def corr2d_multi_in_strict(X, K):
    return sum(corr2d(x, k) for x, k in zip(X, K))


def corr2d_multi_in_out(X, K):
    return torch.cat([sum(corr2d(x, k) for x, k in zip(X, kernel)) for kernel in K])


def corr2d_multi_in_out_1x1(X, K):
    return torch.einsum("chw,oc->ohw", X, K[:, :, 0, 0]).squeeze()
