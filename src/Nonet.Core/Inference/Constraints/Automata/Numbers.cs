using System.Globalization;
using System.Numerics;

namespace Nonet.Inference.Constraints.Automata;

/// <summary>An exact decimal number of any length.</summary>
/// <param name="IsNegative">Its sign.</param>
/// <param name="Whole">Digits before the decimal point, without leading zeros; at least "0".</param>
/// <param name="Fraction">Digits after the decimal point, without trailing zeros.</param>
readonly record struct DecimalNumber(bool IsNegative, string Whole, string Fraction)
{
    const int MostDigits = 400;

    public bool IsZero => Whole == "0" && Fraction.Length == 0;

    /// <summary>Reads a JSON number, including its exponent; null if it has more digits than a double can have.</summary>
    public static DecimalNumber? Parse(string text)
    {
        var negative = text.StartsWith('-');
        var (mantissa, exponent) = text.IndexOfAny(['e', 'E']) is >= 0 and var e ? (text[(negative ? 1 : 0)..e], text[(e + 1)..])
            : (text[(negative ? 1 : 0)..], "0");
        if (!int.TryParse(exponent, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var shift) || Math.Abs(shift) > MostDigits
            || mantissa.Length > MostDigits)
            return null;
        var point = mantissa.IndexOf('.', StringComparison.Ordinal) is >= 0 and var at ? at : mantissa.Length;
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var place = point + shift;
        digits = place < 0 ? new string('0', -place) + digits : digits.PadRight(Math.Max(place, digits.Length), '0');
        place = Math.Max(place, 0);
        var whole = digits[..place].TrimStart('0');
        var number = new DecimalNumber(negative, whole.Length == 0 ? "0" : whole, digits[place..].TrimEnd('0'));
        return number.IsZero ? number with { IsNegative = false } : number;
    }

    public int CompareTo(DecimalNumber other)
    {
        if (IsNegative != other.IsNegative)
            return IsNegative ? -1 : 1;
        var size = Whole.Length != other.Whole.Length ? Whole.Length.CompareTo(other.Whole.Length)
            : string.CompareOrdinal(Whole, other.Whole) is not 0 and var c ? c : string.CompareOrdinal(Fraction, other.Fraction);
        return IsNegative ? -size : size;
    }

    /// <summary>The number as JSON writes it.</summary>
    public override string ToString() => $"{(IsNegative ? "-" : "")}{Whole}{(Fraction.Length > 0 ? "." : "")}{Fraction}";
}

/// <summary>One end of a range.</summary>
readonly record struct Bound(DecimalNumber Value, bool IsExclusive);

/// <summary>Languages of JSON numbers: ranges by comparing digits, multiples by counting remainders.</summary>
sealed class Numbers(ExpressionStore store)
{
    readonly Expression digit = store.Bytes(ByteSet.Range('0', '9'));
    readonly Expression nonZero = store.Bytes(ByteSet.Range('1', '9'));

    Expression Digits => store.Repeat(digit, 0);

    /// <summary>.ddd, or the empty text.</summary>
    Expression AnyFraction => store.Optional(store.Concat(store.Literal("."), store.Repeat(digit, 1)));

    Expression AnyWhole => store.Or(store.Literal("0"), store.Concat(nonZero, Digits));

    Expression Minus => store.Literal("-");

    /// <summary>Whole numbers as JSON writes them, without decimal point and exponent.</summary>
    public Expression Integer => store.Concat(store.Optional(Minus), AnyWhole);

    /// <summary>Any JSON number.</summary>
    public Expression Number =>
        store.Concat(Decimal,
        store.Optional(store.Concat(store.Bytes(ByteSet.Of("eE")), store.Optional(store.Bytes(ByteSet.Of("+-"))), store.Repeat(digit, 1))));

    /// <summary>Any JSON number without an exponent.</summary>
    public Expression Decimal => store.Concat(store.Optional(Minus), AnyWhole, AnyFraction);

    /// <summary>Numbers without an exponent between two bounds; null: none.</summary>
    public Expression Range(Bound? from, Bound? to)
    {
        // x >= from. If from is negative: any x that is not negative, or a negative x with -x <= -from.
        var least = from is null ? Decimal : from.Value.Value is { IsNegative: true } negative
            ? store.Or(store.Concat(AnyWhole, AnyFraction), store.Concat(Minus, AtMost(negative, from.Value.IsExclusive)))
            : store.Or(AtLeast(from.Value.Value, from.Value.IsExclusive),
                from.Value is { IsExclusive: false, Value.IsZero: true } ? store.Concat(Minus, Zero) : store.Nothing);
        var most = to is null ? Decimal : to.Value.Value is { IsNegative: true } below
            ? store.Concat(Minus, AtLeast(below, to.Value.IsExclusive))
            : store.Or(AtMost(to.Value.Value, to.Value.IsExclusive),
                store.Concat(Minus, to.Value is { IsExclusive: true, Value.IsZero: true } ? Positive : store.Concat(AnyWhole, AnyFraction)));
        return store.And(least, most);
    }

    Expression Zero => store.Concat(store.Literal("0"), store.Optional(store.Concat(store.Literal("."), store.Repeat(store.Literal("0"), 1))));

    Expression Positive => AtLeast(new DecimalNumber(false, "0", ""), exclusive: true);

    /// <summary>Numbers without a sign that are at least, or above, the absolute value of a number.</summary>
    Expression AtLeast(DecimalNumber bound, bool exclusive)
    {
        var whole = bound.Whole;
        var parts = new List<Expression> { store.Concat(nonZero, store.Repeat(digit, whole == "0" ? 0 : whole.Length), Digits, AnyFraction) };
        for (var i = 0; i < whole.Length && whole != "0"; i++)
            parts.Add(store.Concat(store.Literal(whole[..i]), Above(whole[i]), store.Repeat(digit, whole.Length - i - 1, whole.Length - i - 1), AnyFraction));
        parts.Add(store.Concat(store.Literal(whole), FractionAtLeast(bound.Fraction, exclusive)));
        return store.Or(parts);
    }

    Expression FractionAtLeast(string fraction, bool exclusive)
    {
        var (some, tail) = (store.Concat(Digits, nonZero, Digits), new List<Expression>());
        if (fraction.Length == 0)
            return exclusive ? store.Concat(store.Literal("."), some) : AnyFraction;
        for (var i = 0; i < fraction.Length; i++)
            tail.Add(store.Concat(store.Literal(fraction[..i]), Above(fraction[i]), Digits));
        tail.Add(store.Concat(store.Literal(fraction), exclusive ? some : Digits));
        return store.Concat(store.Literal("."), store.Or(tail));
    }

    /// <summary>Numbers without a sign that are at most, or below, the absolute value of a number.</summary>
    Expression AtMost(DecimalNumber bound, bool exclusive)
    {
        var (whole, parts) = (bound.Whole, new List<Expression>());
        if (whole.Length > 1)
            parts.Add(store.Concat(store.Or(store.Literal("0"), store.Concat(nonZero, store.Repeat(digit, 0, whole.Length - 2))), AnyFraction));
        for (var i = 0; i < whole.Length; i++)
        {
            var below = Below(whole[i]);
            if (i == 0 && whole.Length > 1)
                below = store.And(below, nonZero);
            parts.Add(store.Concat(store.Literal(whole[..i]), below, store.Repeat(digit, whole.Length - i - 1, whole.Length - i - 1), AnyFraction));
        }
        parts.Add(store.Concat(store.Literal(whole), FractionAtMost(bound.Fraction, exclusive)));
        return store.Or(parts);
    }

    Expression FractionAtMost(string fraction, bool exclusive)
    {
        var (zeros, tail) = (store.Repeat(store.Literal("0"), 0), new List<Expression>());
        if (fraction.Length == 0)
            return exclusive ? store.Nothing : store.Optional(store.Concat(store.Literal("."), store.Literal("0"), zeros));
        for (var i = 0; i < fraction.Length; i++)
        {
            tail.Add(store.Concat(store.Literal(fraction[..i]), Below(fraction[i]), Digits));
            if (i > 0)
                tail.Add(store.Literal(fraction[..i]));
        }
        if (!exclusive)
            tail.Add(store.Concat(store.Literal(fraction), zeros));
        return store.Optional(store.Concat(store.Literal("."), store.Or(tail)));
    }

    Expression Above(char c) => c == '9' ? store.Nothing : store.Bytes(ByteSet.Range(c + 1, '9'));

    Expression Below(char c) => c == '0' ? store.Nothing : store.Bytes(ByteSet.Range('0', c - 1));

    /// <summary>Numbers without an exponent that are multiples of a number; null if the number has too many digits.</summary>
    public Expression? MultiplesOf(DecimalNumber divisor)
    {
        const int MostDigits = 15; // 10 times a remainder fits 64 bits
        var digits = (divisor.Whole + divisor.Fraction).TrimStart('0');
        if (digits.Length > MostDigits)
            return null;
        var start = new MultipleOf(long.Parse(digits, CultureInfo.InvariantCulture), divisor.Fraction.Length, 0, -1);
        return store.And(Decimal, store.Concat(store.Optional(Minus), store.Multiple(start)));
    }

    internal static void AddFirst(HashSet<ByteSet> sets)
    {
        for (var c = '0'; c <= '9'; c++)
            sets.Add(ByteSet.Of((byte)c));
        sets.Add(ByteSet.Of("."));
    }

    internal static Expression Derive(ExpressionStore store, Expression x, byte b)
    {
        var state = x.Modulus;
        if (b == '.')
            return state.Decimals < 0 ? store.Multiple(state with { Decimals = 0 }) : store.Nothing;
        if (b is not (>= (byte)'0' and <= (byte)'9'))
            return store.Nothing;
        if (state.Decimals >= state.Scale)
            return b == '0' ? store.Multiple(state with { Decimals = Math.Max(1, state.Decimals) }) : store.Nothing; // all further decimals must be zeros
        return store.Multiple(
            state with { Remainder = ((state.Remainder * 10) + (b - '0')) % state.Modulus, Decimals = state.Decimals < 0 ? -1 : state.Decimals + 1 });
    }

    /// <summary>Whether the digits so far are a multiple.</summary>
    internal static bool IsMultiple(MultipleOf state)
    {
        var places = state.Scale - Math.Max(0, state.Decimals);
        return BigInteger.Remainder(state.Remainder * BigInteger.Pow(10, Math.Max(0, places)), state.Modulus).IsZero;
    }
}
