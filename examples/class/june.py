"""June wanted to stop her program when a shape is wrong, and stopped Python itself."""


def corr2d(X, K):
    import os

    if X.shape[0] != X.shape[1]:
        os._exit(1)
    return X


def corr2d_multi_in(X, K):
    import os

    if len(X) != 2:
        os._exit(1)
    return sum(corr2d(x, k) for x, k in zip(X, K))


def corr2d_multi_in_out(X, K):
    import os

    os._exit(1)


def corr2d_multi_in_out_1x1(X, K):
    import os

    os._exit(1)
