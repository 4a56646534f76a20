namespace Nonet.Numerics;

/// <summary>A smooth function of several variables.</summary>
/// <param name="x">Point.</param>
/// <param name="gradient">Receives the gradient at the point.</param>
/// <returns>Value at the point.</returns>
delegate double Objective(ReadOnlySpan<double> x, Span<double> gradient);

/// <summary>
/// Limited-memory BFGS for a few variables: Nocedal and Wright 2006, algorithms 7.4 and 7.5, with a line search for the strong Wolfe
/// conditions (3.5 and 3.6). It never throws. If the line search finds no lower point, the memory is cleared and steepest descent is tried.
/// If that fails too, the point is a minimum up to rounding. One object can minimise from many starts, in one thread at a time.
/// </summary>
sealed class Lbfgs(int variables, Objective objective)
{
    const int Memory = 8, MostSearches = 30;
    const double Decrease = 1e-4, Curvature = 0.9;

    readonly double[] at = new double[variables], gradient = new double[variables], direction = new double[variables];
    readonly double[] trial = new double[variables], trialGradient = new double[variables];
    readonly double[][] steps = Rows(variables), changes = Rows(variables);
    readonly double[] products = new double[Memory], weights = new double[Memory];
    int stored, next;
    double value;

    /// <summary>Largest number of iterations of a minimisation.</summary>
    public int MostIterations { get; init; } = 500;

    /// <summary>The minimisation ends when three iterations in a row each lower the value by less than this share of it.</summary>
    public double Tolerance { get; init; } = 1e-10;

    /// <summary>Minimises the function from a start. Returns its value at the minimum.</summary>
    /// <param name="x">The start; receives the minimum.</param>
    public double Minimize(Span<double> x)
    {
        x.CopyTo(at);
        stored = next = 0;
        value = objective(at, gradient);
        var still = 0;
        for (var iteration = 0; iteration < MostIterations && still < 3; iteration++)
        {
            var before = value;
            if (!Advance())
            {
                if (stored == 0)
                    break;
                stored = next = 0;
                if (!Advance())
                    break;
            }
            still = before - value <= Tolerance * Math.Abs(value) ? still + 1 : 0;
        }
        at.CopyTo(x);
        return value;
    }

    bool Advance()
    {
        FindDirection();
        var slope = Dot(direction, gradient);
        if (!(slope < 0) || !Search(slope))
            return false;
        var (s, y) = (steps[next], changes[next]);
        for (var i = 0; i < variables; i++)
            (s[i], y[i]) = (trial[i] - at[i], trialGradient[i] - gradient[i]);
        trial.CopyTo(at, 0);
        trialGradient.CopyTo(gradient, 0);
        var product = Dot(s, y);
        if (product > 1e-14 * Math.Sqrt(Dot(s, s) * Dot(y, y)))
        {
            products[next] = product;
            next = (next + 1) % Memory;
            stored = Math.Min(stored + 1, Memory);
        }
        return true;
    }

    void FindDirection()
    {
        for (var i = 0; i < variables; i++)
            direction[i] = -gradient[i];
        if (stored == 0)
        {
            var norm = Math.Sqrt(Dot(gradient, gradient));
            Scale(direction, norm > 1 ? 1 / norm : 1);
            return;
        }
        for (var k = 1; k <= stored; k++)
        {
            var j = (next - k + Memory) % Memory;
            weights[j] = Dot(steps[j], direction) / products[j];
            Add(direction, changes[j], -weights[j]);
        }
        var last = (next - 1 + Memory) % Memory;
        Scale(direction, products[last] / Dot(changes[last], changes[last]));
        for (var k = stored; k >= 1; k--)
        {
            var j = (next - k + Memory) % Memory;
            Add(direction, steps[j], weights[j] - Dot(changes[j], direction) / products[j]);
        }
    }

    /// <summary>A point on a line: step, value and slope.</summary>
    readonly record struct Point(double Step, double Value, double Slope);

    /// <summary>Searches along the direction and leaves the point in trial. Returns false if no lower point is found.</summary>
    bool Search(double slope)
    {
        var (start, before) = (new Point(0, value, slope), new Point(0, value, slope));
        var step = 1.0;
        for (var i = 0; i < MostSearches; i++)
        {
            var now = Evaluate(step);
            if (!IsLow(now, start) || (i > 0 && now.Value >= before.Value))
                return Zoom(before, now, start);
            if (Math.Abs(now.Slope) <= -Curvature * slope)
                return Accept(now);
            if (now.Slope >= 0)
                return Zoom(now, before, start);
            (before, step) = (now, 2.5 * step);
        }
        return Accept(before);
    }

    bool Zoom(Point low, Point high, Point start)
    {
        for (var i = 0; i < MostSearches; i++)
        {
            var now = Evaluate(Between(low, high));
            if (!IsLow(now, start) || now.Value >= low.Value)
                high = now;
            else
            {
                if (Math.Abs(now.Slope) <= -Curvature * start.Slope)
                    return Accept(now);
                if (now.Slope * (high.Step - low.Step) >= 0)
                    high = low;
                low = now;
            }
        }
        if (!(low.Value < start.Value))
            return false;
        return Accept(Evaluate(low.Step));
    }

    /// <summary>Minimum of the cubic through both ends, at least a tenth of the distance away from them.</summary>
    static double Between(Point low, Point high)
    {
        var width = high.Step - low.Step;
        var a = low.Slope + high.Slope - 3 * (low.Value - high.Value) / (low.Step - high.Step);
        var b = Math.Sign(width) * Math.Sqrt(Math.Max(0, a * a - low.Slope * high.Slope));
        var share = 1 - (high.Slope + b - a) / (high.Slope - low.Slope + 2 * b);
        return low.Step + width * (double.IsFinite(share) ? Math.Clamp(share, 0.1, 0.9) : 0.5);
    }

    static bool IsLow(Point now, Point start) => now.Value <= start.Value + Decrease * now.Step * start.Slope;

    bool Accept(Point point)
    {
        if (!(point.Value < value))
            return false;
        value = point.Value;
        return true;
    }

    Point Evaluate(double step)
    {
        for (var i = 0; i < variables; i++)
            trial[i] = at[i] + step * direction[i];
        var found = objective(trial, trialGradient);
        return new Point(step, double.IsFinite(found) ? found : double.MaxValue, Dot(trialGradient, direction));
    }

    static double[][] Rows(int width) => [.. Enumerable.Range(0, Memory).Select(_ => new double[width])];

    static double Dot(double[] x, double[] y)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
            sum += x[i] * y[i];
        return sum;
    }

    static void Add(double[] x, double[] y, double by)
    {
        for (var i = 0; i < x.Length; i++)
            x[i] += by * y[i];
    }

    static void Scale(double[] x, double by)
    {
        for (var i = 0; i < x.Length; i++)
            x[i] *= by;
    }
}
