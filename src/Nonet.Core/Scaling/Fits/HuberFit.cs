using Nonet.Numerics;

namespace Nonet.Scaling.Fits;

/// <summary>
/// Minimises Σ w · Huber_δ(law − y) over the parameters of a law by L-BFGS with analytic gradients, from many starts. Residuals are in
/// units of δ, so that the sum is of the order of the number of points (with δ = 1e-3, a million times the Huber loss) and no tolerance is
/// reached too early.
/// </summary>
/// <typeparam name="TLaw">The law.</typeparam>
sealed class HuberFit<TLaw> where TLaw : struct, ILogLaw
{
    /// <summary>δ of Hoffmann et al. 2022.</summary>
    public const double Delta = 1e-3;

    /// <summary>The minimisation is restarted with empty memory until the gain is below this share.</summary>
    const double Gain = 1e-9;

    readonly double[] u, v, y;
    readonly double delta;
    readonly bool[] frozen;

    /// <param name="u">First variable of each point, centred.</param>
    /// <param name="v">Second variable of each point, centred.</param>
    /// <param name="y">Measured values.</param>
    /// <param name="delta">Residuals beyond δ count linearly instead of quadratically.</param>
    /// <param name="frozen">Parameters that keep their initial value.</param>
    public HuberFit(double[] u, double[] v, double[] y, double delta = Delta, bool[]? frozen = null)
    {
        (this.u, this.v, this.y, this.delta) = (u, v, y, delta);
        this.frozen = frozen ?? new bool[TLaw.Count];
    }

    public int Points => y.Length;

    /// <summary>Σ Huber_δ for given parameters, unscaled.</summary>
    public double Loss(ReadOnlySpan<double> p) => Value(p, new double[TLaw.Count], null) * delta * delta;

    /// <summary>Predictions minus measurements.</summary>
    public double[] Residuals(double[] p)
    {
        var gradient = new double[TLaw.Count];
        return [.. Enumerable.Range(0, y.Length).Select(i => TLaw.At(p, u[i], v[i], gradient) - y[i])];
    }

    /// <summary>Derivatives of the predictions: (points, parameters).</summary>
    public double[,] Jacobian(double[] p)
    {
        var (rows, gradient) = (new double[y.Length, TLaw.Count], new double[TLaw.Count]);
        for (var i = 0; i < y.Length; i++)
        {
            TLaw.At(p, u[i], v[i], gradient);
            for (var k = 0; k < TLaw.Count; k++)
                rows[i, k] = gradient[k];
        }
        return rows;
    }

    double Value(ReadOnlySpan<double> p, Span<double> gradient, double[]? weights)
    {
        Span<double> here = stackalloc double[TLaw.Count];
        gradient.Clear();
        var sum = 0.0;
        for (var i = 0; i < y.Length; i++)
        {
            var weight = weights is null ? 1 : weights[i];
            if (weight == 0)
                continue;
            var residual = (TLaw.At(p, u[i], v[i], here) - y[i]) / delta;
            var size = Math.Abs(residual);
            sum += weight * (size <= 1 ? 0.5 * residual * residual : size - 0.5);
            var slope = weight * (size <= 1 ? residual : residual > 0 ? 1 : -1) / delta;
            for (var k = 0; k < here.Length; k++)
                gradient[k] += slope * here[k];
        }
        for (var k = 0; k < here.Length; k++)
            gradient[k] = frozen[k] ? 0 : gradient[k];
        return double.IsNaN(sum) ? double.MaxValue : sum; // parameters far out, where powers overflow
    }

    /// <summary>Result of many starts.</summary>
    /// <param name="Parameters">Parameters of the best minimum.</param>
    /// <param name="Loss">Σ Huber_δ at the best minimum.</param>
    /// <param name="Reached">Number of starts that ended within a ten-thousandth of it.</param>
    /// <param name="BestStarts">The starts with the lowest final values; of equals, those with the lowest initial values.</param>
    public sealed record Outcome(double[] Parameters, double Loss, int Reached, IReadOnlyList<double[]> BestStarts);

    /// <summary>Minimises from every start, and continues from the best until there is no more gain.</summary>
    /// <param name="starts">Initial parameters.</param>
    /// <param name="keep">Number of best starts to return.</param>
    /// <param name="threads">Number of threads; the result does not depend on it.</param>
    /// <param name="stopping">Cancels the search.</param>
    public Outcome Search(IReadOnlyList<double[]> starts, int keep, int? threads, CancellationToken stopping)
    {
        var (ends, begins, found) = (new double[starts.Count], new double[starts.Count], new double[starts.Count][]);
        Parallel.For(0, starts.Count, new ParallelOptions { MaxDegreeOfParallelism = threads ?? -1, CancellationToken = stopping }, Minimizer,
            (i, _, minimizer) =>
        {
            found[i] = [.. starts[i]];
            begins[i] = Value(found[i], new double[TLaw.Count], null);
            ends[i] = minimizer.Minimize(found[i]);
            return minimizer;
        }, _ => { });
        var order = Enumerable.Range(0, starts.Count).OrderBy(i => ends[i]).ToArray();
        var (best, value) = (found[order[0]], ends[order[0]]);
        var last = new Lbfgs(TLaw.Count, (p, g) => Value(p, g, null)) { Tolerance = 1e-13, MostIterations = 5000 };
        foreach (var i in order.Take(Math.Max(keep, 1)))
        {
            var (p, before, now) = (found[i], double.MaxValue, ends[i]);
            while (before - now > Gain * now)
                (before, now) = (now, last.Minimize(p));
            if (now < value)
                (best, value) = (p, now);
        }
        var near = order.Where(i => ends[i] <= 1.0001 * value + 1e-12).ToArray();
        var bestStarts = near.OrderBy(i => begins[i]).Concat(order.Except(near)).Take(keep).Select(i => starts[i]).ToArray();
        return new Outcome(best, value * delta * delta, near.Length, bestStarts);
    }

    /// <summary>Best minimum for other weights of the points, from several starts.</summary>
    public double[] Refit(double[] weights, IEnumerable<double[]> starts)
    {
        var minimizer = new Lbfgs(TLaw.Count, (p, g) => Value(p, g, weights)) { Tolerance = 1e-8 };
        var (best, value) = (Array.Empty<double>(), double.MaxValue);
        foreach (var start in starts)
        {
            double[] p = [.. start];
            var end = minimizer.Minimize(p);
            if (end < value || best.Length == 0)
                (best, value) = (p, end);
        }
        return best;
    }

    Lbfgs Minimizer() => new(TLaw.Count, (p, g) => Value(p, g, null));
}
