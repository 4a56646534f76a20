using Nonet.Evaluation.Answers;

namespace Nonet.Tests.Evaluation.Answers;

public sealed class CalculatorTests
{
    const string Trigger = "The answer is";

    [Theory]
    [InlineData("3 + 4 = 8. The answer is 8.", "3 + 4 = 7. The answer is 7.")]
    [InlineData("3 + 4 = 7. The answer is 7.", "3 + 4 = 7. The answer is 7.")]
    [InlineData("3 + 4 = 8. 8 * 2 = 16. The answer is 16.", "3 + 4 = 7. 7 * 2 = 14. The answer is 14.")] // propagated
    [InlineData("3 + 4 = 8. 10 - 8 = 2. 2 * 5 = 10. The answer is 10.", "3 + 4 = 7. 10 - 7 = 3. 3 * 5 = 15. The answer is 15.")]
    [InlineData("5 * $3 = $16. The answer is $16.", "5 * $3 = $15. The answer is $15.")]
    [InlineData("1,000 + 500 = 1,600. The answer is 1600.", "1,000 + 500 = 1500. The answer is 1500.")]
    [InlineData("20% * 50 = 12. The answer is 12.", "20% * 50 = 10. The answer is 10.")]
    [InlineData("2 + 3 * 4 = 20. The answer is 20.", "2 + 3 * 4 = 14. The answer is 14.")] // precedence
    [InlineData("(2 + 3) * 4 = 24. The answer is 24.", "(2 + 3) * 4 = 20. The answer is 20.")]
    [InlineData("6 x 7 = 41. The answer is 41.", "6 x 7 = 42. The answer is 42.")]
    [InlineData("10 / 4 = 2. The answer is 2.", "10 / 4 = 2.5. The answer is 2.5.")]
    [InlineData("10 / 3 = 3.33. The answer is 3.33.", "10 / 3 = 3.33. The answer is 3.33.")] // rounded as it says
    [InlineData("4 / 0 = 3. The answer is 3.", "4 / 0 = 3. The answer is 3.")] // no value
    [InlineData("8 apples, 3 + 4 = 8. The answer is 9.", "8 apples, 3 + 4 = 7. The answer is 9.")] // what is not wrong stays
    [InlineData("no equation at all", "no equation at all")]
    public void Wrong_results_are_replaced_and_passed_on(string text, string corrected) => Assert.Equal(corrected, Calculator.Correct(text, Trigger));

    [Fact]
    public void A_modulus_is_kept() =>
        Assert.Equal("a 95+9=04. b 04-7=97. The answer is 97.", Calculator.Correct("a 95+9=04. b 04-7=98. The answer is 98.", Trigger, 100));

    [Fact]
    public void Long_and_deep_texts_cost_little()
    {
        var deep = string.Concat(Enumerable.Repeat("1+", 50_000)) + "1=7. The answer is 7.";
        Assert.Equal(deep, Calculator.Correct(deep, Trigger)); // too long to be an equation of a chain
        Assert.Equal("9999999999999999999999999999 * 9999999999999999999999999999 = 1.",
            Calculator.Correct("9999999999999999999999999999 * 9999999999999999999999999999 = 1.", Trigger));
    }
}
