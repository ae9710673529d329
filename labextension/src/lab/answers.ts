// Which answers are news: of two questions asked one after the other, the first may be answered last.

export class Answers {
  private asked = 0;
  private taken = 0;

  /** Ask; what is returned says, when the answer is there, whether it is newer than the ones that were there before. */
  ask(): () => boolean {
    const number = ++this.asked;
    return () => {
      const isNews = number > this.taken;
      this.taken = Math.max(this.taken, number);
      return isNews;
    };
  }

  /** What was asked so far was about something else: no answer to it is news. */
  forget(): void {
    this.taken = this.asked;
  }
}
