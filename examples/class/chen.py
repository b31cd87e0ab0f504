"""Chen averages where one adds."""


def corr2d(X, K):
    h, w = K.shape
    Y = torch.zeros(X.shape[0] - h + 1, X.shape[1] - w + 1)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * K).mean()
    return Y


def by_hand():
    return -4, 20, 8


def corr2d_multi_in(X, K):
    return sum(corr2d(x, k) for x, k in zip(X, K)) / len(X)


def channel_rule():
    return "1"


def corr2d_multi_in_out(X, K):
    return torch.stack([sum(corr2d(x, k) for x, k in zip(X, kernel)) / len(X) for kernel in K])


def corr2d_multi_in_out_1x1(X, K):
    c_o, c_i = K.shape[:2]
    return (K.reshape(c_o, c_i) @ X.reshape(c_i, -1) / c_i).reshape(c_o, *X.shape[1:])
