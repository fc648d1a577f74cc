// Loops over rows, as fast as we could write them: what bench_compiled.py compares the package with.
// Values x are scaled to [0, 1]. Dense rows have n_states entries; sparse ones width entries beside their next states.
#include <algorithm>
#include <cmath>

extern "C" {

void product_dense(long rows, long n, const double* p, const double* x, double* out) {
    for (long r = 0; r < rows; ++r) {
        double sum = 0;
        for (long s = 0; s < n; ++s) sum += p[r * n + s] * x[s];
        out[r] = sum;
    }
}

// Mass moves from the highest values, in an order that serves all rows, to the lowest.
void tv_dense(long rows, long n, const double* p, const double* x, const long* order, double radius, double* out) {
    for (long r = 0; r < rows; ++r) {
        const double* row = p + r * n;
        double sum = 0, left = radius;
        for (long s = 0; s < n; ++s) sum += row[s] * x[s];
        for (long j = 0; left > 0 && j < n; ++j) {
            double moved = std::min(left, row[order[j]]);
            sum -= moved * x[order[j]];
            left -= moved;
        }
        out[r] = sum;
    }
}

// Newton's method for the tilt t with KL(q || p) = radius, q in proportion to p exp(-t x); between bounds.
static double kl_row(long n, const double* row, const double* x, double radius) {
    double mean = 0, square = 0, lowest = 2, least = 0;
    for (long s = 0; s < n; ++s) {
        mean += row[s] * x[s];
        square += row[s] * x[s] * x[s];
        lowest = (row[s] > 0 && x[s] < lowest) ? x[s] : lowest;
    }
    for (long s = 0; s < n; ++s) least += (x[s] <= lowest) ? row[s] : 0;
    double spread = square - mean * mean;
    if (spread <= 1e-15) return mean;
    if (radius >= -std::log(least)) return lowest;
    double t = std::sqrt(2 * radius / spread), below = 0, above = 1e300, value = mean;
    for (int step = 0; step < 60; ++step) {
        double z = 0, first = 0, second = 0;
        for (long s = 0; s < n; ++s) {
            double weight = row[s] * std::exp(-t * (x[s] - lowest)), d = x[s] - lowest;
            z += weight;
            first += weight * d;
            second += weight * d * d;
        }
        first /= z;
        second = second / z - first * first;
        double excess = -t * first - std::log(z) - radius;
        value = lowest - (std::log(z) + radius) / t;  // the dual, whose error is of second order
        if (std::fabs(excess) < 1e-7) break;
        (excess < 0 ? below : above) = t;
        double next = t - excess / (t * second);
        t = (next > below && next < above) ? next : (above < 1e300 ? (below + above) / 2 : 2 * t);
    }
    return value;
}

void kl_dense(long rows, long n, const double* p, const double* x, double radius, double* out) {
    for (long r = 0; r < rows; ++r) out[r] = kl_row(n, p + r * n, x, radius);
}

void product_sparse(long rows, long width, const long* next, const double* p, const double* x, double* out) {
    for (long r = 0; r < rows; ++r) {
        double sum = 0;
        for (long k = 0; k < width; ++k) sum += p[r * width + k] * x[next[r * width + k]];
        out[r] = sum;
    }
}

void tv_sparse(long rows, long width, const long* next, const double* p, const double* x, double radius, double* out) {
    double value[64], mass[64];
    for (long r = 0; r < rows; ++r) {
        for (long k = 0; k < width; ++k) {  // insertion sort by falling value
            double v = x[next[r * width + k]], w = p[r * width + k];
            long j = k;
            for (; j > 0 && value[j - 1] < v; --j) value[j] = value[j - 1], mass[j] = mass[j - 1];
            value[j] = v, mass[j] = w;
        }
        double sum = 0, left = radius;
        for (long j = 0; j < width; ++j) {
            double moved = std::min(left, mass[j]);
            sum += (mass[j] - moved) * value[j];
            left -= moved;
        }
        out[r] = sum;
    }
}

void kl_sparse(long rows, long width, const long* next, const double* p, const double* x, double radius, double* out) {
    double value[64];
    for (long r = 0; r < rows; ++r) {
        for (long k = 0; k < width; ++k) value[k] = x[next[r * width + k]];
        out[r] = kl_row(width, p + r * width, value, radius);
    }
}
}
