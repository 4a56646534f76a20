using Nonet.Data;
using Nonet.Text;
using Nonet.ToolUse.Annotation;

namespace Nonet.ToolUse.Tests.Annotation;

/// <summary>The paper's heuristics for choosing texts, and how documents become texts.</summary>
public class TextChoiceTests
{
    [Theory]
    [InlineData("She had 27 hens and bought 8, now she has 35.", true)]       // 27 + 8
    [InlineData("Of 1,250 seedlings 150 died, 1,100 are left.", true)]        // 1,250 - 150
    [InlineData("There are 12 rows of 18 seats: 216.", true)]                 // 12 * 18
    [InlineData("400 of 1400 voted, a share of 0.29.", true)]                 // 400 / 1400, rounded
    [InlineData("The sum equals 12.", true)]
    [InlineData("It is equal to 3 miles.", true)]
    [InlineData("A total of $ 40 was paid.", false)]
    [InlineData("A total of $40 was paid, an Average of 4.", true)]
    [InlineData("x = 5", true)]
    [InlineData("Bus 7 leaves at 9 from stop 23.", false)]
    [InlineData("He has 2 and 2, which makes 4.", false)]                     // not three different numbers
    [InlineData("No numbers at all.", false)]
    public void Texts_with_a_result_among_their_numbers_are_for_the_calculator(string text, bool isChosen) =>
        Assert.Equal(isChosen, TextChoice.Calculator(new AnnotationText(0, text), share: 0));

    [Fact]
    public void Numbers_far_apart_do_not_belong_together()
    {
        var far = string.Concat(Enumerable.Repeat("word ", 101));
        Assert.False(TextChoice.Calculator(new AnnotationText(0, $"27 hens {far} 8 more {far} 35 in all"), share: 0));
    }

    [Fact]
    public void Of_other_texts_with_three_numbers_a_share_is_chosen()
    {
        var chosen = Enumerable.Range(0, 3000)
            .Count(i => TextChoice.Calculator(new AnnotationText(i, $"Bus {1000 + i} leaves at 9 from stop 23."), share: 0.1));
        Assert.InRange(chosen, 240, 360);
        Assert.Equal(0, Enumerable.Range(0, 300).Count(i => TextChoice.Calculator(new AnnotationText(i, $"Bus {1000 + i} leaves at 9."), share: 1)));
    }

    [Theory]
    [InlineData("https://news.example/2023/01/30/rain", "2023-01-30"), InlineData("https://example.org/a-2019-7-4.html", "2019-07-04")]
    [InlineData("https://example.org/20081231/x", "2008-12-31"), InlineData("https://example.org/2023/13/45/x", null)]
    [InlineData("https://example.org/id/120230130", null), InlineData("https://example.org/2023/01/x", null), InlineData("", null)]
    public void An_address_may_name_a_date(string address, string? date) =>
        Assert.Equal(date, TextChoice.DateOf(address)?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("The book was read by all of the children and they said to him: der Hund und die Katze sind nicht auf dem Dach, "
        + "which is to say that the dog and the cat are not on the roof.", true)]
    [InlineData("This is what he said to them when they were there: я не знаю что это такое и где он теперь живёт, and that was all he had to "
        + "say to them about it.", true)]
    [InlineData("The book was read by all of the children and they said that it was one of the best of its kind.", false)]
    [InlineData("Der Hund und die Katze sind nicht auf dem Dach, und das ist auch gut so, denn es regnet.", false)] // no English around it
    [InlineData("The man is in the Café de la Paix with his friends and that is all there is to say of it.", false)]
    public void Foreign_words_among_English_ones_are_for_translation(string text, bool isChosen) =>
        Assert.Equal(isChosen, TextChoice.Translation(new AnnotationText(0, text)));

    [Fact]
    public void A_date_comes_from_its_field_or_from_the_address()
    {
        using var folder = new TemporaryFolder();
        folder.Add("a.jsonl", """
            {"text": "One.", "date": "2020-02-29T12:00:00Z", "url": "https://x/2023/01/30/"}
            {"text": "Two.", "url": "https://x/2023/01/30/"}
            {"text": "Three.", "date": "soon"}
            {"text": "  "}
            """);
        var texts = new TextSource { Data = new DataSource { Path = folder["a.jsonl"] } }.Read(new ByteTokenizer()).ToArray();
        Assert.Equal([(0, "One.", new DateOnly(2020, 2, 29)), (1, "Two.", new DateOnly(2023, 1, 30)), (2, "Three.", null)],
            texts.Select(t => (t.Number, t.Text, t.Date)));
        Assert.Equal([false, false, true], texts.Select(t => !TextChoice.Calendar(t)));
    }

    [Theory, InlineData(16), InlineData(40), InlineData(1000)]
    public void A_long_document_becomes_texts_that_make_it_up(int most)
    {
        var tokenizer = new ByteTokenizer();
        var mixed = "It was. And then\nit was not. " + new string('x', 100) + " Käse 😀😀😀😀😀😀😀😀😀😀 and so on, and on.\n\nEnd";
        foreach (var text in new[] { mixed, "", "short", new string('ä', 90) })
        {
            var pieces = TextSource.Pieces(text, tokenizer, most).ToArray();
            Assert.Equal(text, string.Concat(pieces));
            Assert.All(pieces, piece => Assert.InRange(tokenizer.EncodePlain(piece).Length, 1, most));
            Assert.All(pieces, piece => Assert.Equal(piece, tokenizer.Decode(tokenizer.EncodePlain(piece)))); // no character is cut
        }
    }

    [Fact]
    public void A_text_ends_after_a_sentence_and_a_blank_belongs_to_the_next_word() =>
        Assert.Equal(["One two three.", " Four five."], TextSource.Pieces("One two three. Four five.", new ByteTokenizer(), 16));
}
